using System.Globalization;

namespace Harness.Sweeps;

/// <summary>Numbers as messages and names print them, in the invariant culture.</summary>
internal static class Show
{
    private static readonly (double Scale, string Suffix)[] Suffixes = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")];

    /// <summary>All digits, thousands apart: 2,097,152.</summary>
    public static string Exact(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>The shortest text that reads back as the same number.</summary>
    public static string Real(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Whole numbers below 1e16 in full, others as <see cref="Real"/>.</summary>
    public static string Number(double value) =>
        value == Math.Floor(value) && Math.Abs(value) < 1e16 ? Exact((long)value) : Real(value);

    /// <summary>Three significant digits with k, M, B or T: 2.1M.</summary>
    public static string Short(double value)
    {
        foreach (var (scale, suffix) in Suffixes)
        {
            if (value >= scale * 0.9995)
            {
                return (value / scale).ToString("G3", CultureInfo.InvariantCulture) + suffix;
            }
        }

        return value.ToString("G3", CultureInfo.InvariantCulture);
    }

    /// <summary>Up to seven significant digits with an exponent, for labels: 1e15, 2.5e16.</summary>
    public static string Compact(double value) => value.ToString("0.######e0", CultureInfo.InvariantCulture);

    /// <summary>Names joined for a message: a, b or c.</summary>
    public static string Choices(IEnumerable<string> names)
    {
        var all = names.ToArray();
        return all.Length < 2 ? string.Concat(all) : string.Join(", ", all[..^1]) + " or " + all[^1];
    }
}
