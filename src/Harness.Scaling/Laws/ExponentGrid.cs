namespace Harness.Scaling;

/// <summary>Log-spaced exponents to begin searches from. Exponents are free of units, so one grid serves all data.</summary>
internal static class ExponentGrid
{
    /// <summary>Every single value.</summary>
    public static IEnumerable<double[]> Singles(double low, double high, int count) => Values(low, high, count).Select(v => new[] { v });

    /// <summary>Every pair.</summary>
    public static IEnumerable<double[]> Pairs(double low, double high, int count) => Product(Values(low, high, count), Values(low, high, count));

    /// <summary>Log-spaced values.</summary>
    public static double[] Values(double low, double high, int count) =>
        [.. Enumerable.Range(0, count).Select(i => low * Math.Pow(high / low, (double)i / (count - 1)))];

    /// <summary>The Cartesian product.</summary>
    public static IEnumerable<double[]> Product(params double[][] axes)
    {
        IEnumerable<double[]> result = [[]];
        foreach (double[] axis in axes)
        {
            result = result.SelectMany(head => axis.Select(v => (double[])[.. head, v]));
        }

        return result;
    }
}
