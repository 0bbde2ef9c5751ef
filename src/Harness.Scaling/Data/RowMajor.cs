namespace Harness.Scaling;

/// <summary>Columns laid side by side, one row after the other.</summary>
internal static class RowMajor
{
    /// <summary>[Count, variables] of a law's columns.</summary>
    public static double[] Gather(Points points, Law law) => Gather(points, law.Variables, law);

    /// <summary>A law's column; its stand-in where it is missing.</summary>
    public static double[] Column(Points points, Law law, string name) => !points.Has(name) && law.Missing(name) is { } value
        ? [.. Enumerable.Repeat(value, points.Count)]
        : points.Column(name);

    /// <summary>[Count, names] of the named columns.</summary>
    public static double[] Gather(Points points, IReadOnlyList<string> names, Law? law = null)
    {
        var result = new double[points.Count * names.Count];
        for (int j = 0; j < names.Count; j++)
        {
            double[] column = law is null ? points.Column(names[j]) : Column(points, law, names[j]);
            for (int i = 0; i < column.Length; i++)
            {
                result[(i * names.Count) + j] = column[i];
            }
        }

        return result;
    }
}
