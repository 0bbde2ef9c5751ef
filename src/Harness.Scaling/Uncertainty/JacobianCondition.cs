namespace Harness.Scaling;

/// <summary>How nearly a Jacobian's columns depend on each other.</summary>
internal static class JacobianCondition
{
    /// <summary>Largest over smallest singular value of a Jacobian with columns of unit length, from J'WJ [f, f]; null when singular.</summary>
    public static double? Of(double[] normal, int f)
    {
        var scaled = new double[f * f];
        for (int k = 0; k < f; k++)
        {
            for (int l = 0; l < f; l++)
            {
                scaled[(k * f) + l] = normal[(k * f) + l] / Math.Sqrt(normal[(k * f) + k] * normal[(l * f) + l]);
            }
        }

        if (f == 0 || !Array.TrueForAll(scaled, double.IsFinite))
        {
            return null;
        }

        var vectors = new double[f * f];
        SymmetricMatrix.Eigen(scaled, vectors, f);
        double[] values = [.. Enumerable.Range(0, f).Select(k => scaled[(k * f) + k])];
        return values.Min() > 1e-15 ? Math.Sqrt(values.Max() / values.Min()) : null;
    }
}
