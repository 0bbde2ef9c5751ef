namespace Harness.Scaling;

/// <summary>Columns laid side by side, one row after the other.</summary>
internal static class RowMajor
{
    /// <summary>[Count, names] of the named columns.</summary>
    public static double[] Gather(Points points, IReadOnlyList<string> names)
    {
        var result = new double[points.Count * names.Count];
        for (int j = 0; j < names.Count; j++)
        {
            double[] column = points.Column(names[j]);
            for (int i = 0; i < column.Length; i++)
            {
                result[(i * names.Count) + j] = column[i];
            }
        }

        return result;
    }
}
