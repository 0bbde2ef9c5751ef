using System.Globalization;

namespace Harness.Reporting.Plots;

/// <summary>Numbers for people: few digits, units of the field. Tables for programs never use these.</summary>
public static class ShortNumber
{
    private static readonly (double Size, string Suffix)[] Suffixes = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")];

    /// <summary>A count with the field's suffix: 1234567 is <c>1.23M</c>, 999 is <c>999</c>.</summary>
    /// <param name="value">Above 0.</param>
    /// <param name="digits">Significant digits, at least 1.</param>
    public static string Count(double value, int digits = 3)
    {
        foreach (var (size, suffix) in Suffixes)
        {
            if (Math.Abs(Rounded(value, digits)) >= size)
            {
                return Digits(value / size, digits) + suffix;
            }
        }

        return Digits(value, digits);
    }

    /// <summary>Significant digits without an exponent where the number is between 1e-4 and 1e6, else as 1.23e-7; trailing zeros are dropped.</summary>
    public static string Digits(double value, int digits = 3)
    {
        if (value == 0 || !double.IsFinite(value))
        {
            return value.ToString(CultureInfo.InvariantCulture);
        }

        double rounded = Rounded(value, digits);
        double size = Math.Abs(rounded);
        return size is >= 1e-4 and < 1e6
            ? rounded.ToString("0.##########", CultureInfo.InvariantCulture)
            : rounded.ToString(string.Concat("0.", new string('#', digits - 1), "e0"), CultureInfo.InvariantCulture);
    }

    /// <summary>Like <see cref="Digits"/>, but with a raised exponent, 3.2×10^{15}, and a true minus sign.</summary>
    public static Markup Mathematical(double value, int digits = 3)
    {
        string text = Digits(value, digits).Replace('-', '−');
        int e = text.IndexOf('e', StringComparison.Ordinal);
        if (e < 0)
        {
            return Markup.Plain(text);
        }

        string mantissa = text[..e];
        return Markup.Parse(mantissa == "1" ? $"10^{{{text[(e + 1)..]}}}" : $"{mantissa}×10^{{{text[(e + 1)..]}}}");
    }

    /// <summary>A time span: <c>12.3 s</c>, <c>4 min 05 s</c>, <c>3 h 20 min</c>.</summary>
    /// <param name="seconds">At least 0.</param>
    public static string Duration(double seconds)
    {
        long whole = (long)Math.Round(seconds);
        return seconds < 60 ? Digits(seconds) + " s"
            : whole < 3600 ? string.Create(CultureInfo.InvariantCulture, $"{whole / 60} min {whole % 60:00} s")
            : string.Create(CultureInfo.InvariantCulture, $"{whole / 3600} h {whole % 3600 / 60:00} min");
    }

    /// <summary>Bytes in binary units: <c>1.21 GiB</c>.</summary>
    public static string Bytes(double bytes) =>
        bytes >= 1L << 30 ? Digits(bytes / (1L << 30)) + " GiB"
        : bytes >= 1L << 20 ? Digits(bytes / (1L << 20)) + " MiB"
        : Digits(bytes / 1024) + " KiB";

    internal static double Rounded(double value, int digits)
    {
        if (value == 0 || !double.IsFinite(value))
        {
            return value;
        }

        // Through text, since scaling by powers of ten rounds twice.
        return double.Parse(value.ToString($"E{digits - 1}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }
}
