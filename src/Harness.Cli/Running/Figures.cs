using System.Globalization;

namespace Harness.Cli.Running;

/// <summary>Numbers as people read them in a table; never for files.</summary>
internal static class Figures
{
    /// <summary>Like <c>12.3K</c>, <c>4.5M</c>: three digits and a decimal suffix.</summary>
    public static string Short(double value)
    {
        var (scaled, suffix) = value switch
        {
            >= 1e12 => (value, ""),
            >= 1e9 => (value / 1e9, "B"),
            >= 1e6 => (value / 1e6, "M"),
            >= 1e3 => (value / 1e3, "K"),
            _ => (value, ""),
        };
        return value >= 1e12 ? Power(value) : scaled.ToString(scaled >= 100 ? "F0" : scaled >= 10 ? "F1" : "F2", CultureInfo.InvariantCulture) + suffix;
    }

    /// <summary>A whole count without needless decimals: <c>16</c>, <c>1.2M</c>.</summary>
    public static string Count(long value) => value < 1000 ? value.ToString(CultureInfo.InvariantCulture) : Short(value);

    /// <summary>Like <c>3.2e15</c>.</summary>
    public static string Power(double value) => value.ToString("0.00e0", CultureInfo.InvariantCulture);

    /// <summary>Like <c>2.3141</c>; a dash where nothing was measured.</summary>
    public static string Loss(double? value) => value?.ToString("F4", CultureInfo.InvariantCulture) ?? "-";

    /// <summary>Like <c>8 s</c>, <c>3 min 20 s</c>, <c>5 h 10 min</c>, <c>2 d 4 h</c>; a dash where it isn't known.</summary>
    public static string Time(double? seconds)
    {
        if (seconds is not { } s || !double.IsFinite(s) || s < 0)
        {
            return "-";
        }

        var t = TimeSpan.FromSeconds(Math.Min(Math.Round(s), 1e9));
        return t switch
        {
            { TotalMinutes: < 1 } => $"{t.Seconds} s",
            { TotalMinutes: < 10 } => $"{t.Minutes} min {t.Seconds} s",
            { TotalHours: < 1 } => $"{t.Minutes} min",
            { TotalDays: < 1 } => $"{t.Hours} h {t.Minutes} min",
            _ => $"{t.Days} d {t.Hours} h",
        };
    }

    /// <summary>Like <c>1.4 GiB</c>.</summary>
    public static string Bytes(long? bytes) => bytes switch
    {
        null => "-",
        >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:F1} GiB"),
        >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:F0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:F0} KiB"),
    };

    /// <summary>Like <c>42 %</c>.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:F0} %");
}
