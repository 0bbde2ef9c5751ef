namespace Harness.Scaling;

/// <summary>Sums over rows that a Newton step needs.</summary>
internal sealed class RowSums(int dimension)
{
    /// <summary>Weighted sum of penalties.</summary>
    public double Value { get; set; }

    /// <summary>Sum of the residuals' sizes.</summary>
    public double Size { get; set; }

    /// <summary>[dimension].</summary>
    public double[] Gradient { get; } = new double[dimension];

    /// <summary>[dimension, dimension], lower triangle: second derivatives, the predictions taken as straight.</summary>
    public double[] Bend { get; } = new double[dimension * dimension];

    /// <summary>[dimension, dimension], lower triangle: the same of parabolas that lie above each row's penalty.</summary>
    public double[] Majorant { get; } = new double[dimension * dimension];

    /// <summary>The sums of parts, added in their order.</summary>
    public static RowSums Joined(RowSums[] parts, int dimension)
    {
        if (parts.Length == 1)
        {
            return parts[0];
        }

        var all = new RowSums(dimension);
        foreach (RowSums part in parts)
        {
            all.Value += part.Value;
            all.Size += part.Size;
            for (int k = 0; k < dimension; k++)
            {
                all.Gradient[k] += part.Gradient[k];
            }

            for (int k = 0; k < dimension * dimension; k++)
            {
                all.Bend[k] += part.Bend[k];
                all.Majorant[k] += part.Majorant[k];
            }
        }

        return all;
    }
}
