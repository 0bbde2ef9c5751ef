using MathNet.Numerics.Distributions;
using MathNet.Numerics.LinearAlgebra;

namespace Harness.Scaling;

/// <summary>
/// The quantile of |z| / sqrt(sum_i s_i r_i^2) for jointly normal z and residuals r: how many of its own estimated standard errors an estimate strays. The event that the ratio passes c is that of a
/// quadratic form in normal variables above zero (Imhof 1961), which has one positive eigenvalue; for such forms the probability is a smooth integral over a quarter circle.
/// </summary>
internal sealed class StudentisedQuantile
{
    private const int Nodes = 48;
    private static readonly (double SineSquared, double Weight)[] Quarter = QuarterCircle();
    private readonly Matrix<double> root;
    private readonly double[] shares;
    private readonly double rest;

    /// <param name="covariance">[m + 1, m + 1] of z, first, and m residuals; any scale.</param>
    /// <param name="shares">[m] s, not negative.</param>
    /// <param name="rest">What residuals left out add to the sum, taken as sure; not negative.</param>
    public StudentisedQuantile(double[,] covariance, double[] shares, double rest)
    {
        this.shares = shares;
        this.rest = rest;
        // Residuals have fewer dimensions than there are of them, so that the root is one of eigenvectors, not of Cholesky.
        var eigen = Matrix<double>.Build.DenseOfArray(covariance).Evd(Symmetricity.Symmetric);
        root = eigen.EigenVectors * Matrix<double>.Build.DenseDiagonal(shares.Length + 1, shares.Length + 1, i => Math.Sqrt(Math.Max(0, eigen.EigenValues[i].Real)));
    }

    /// <summary>P(|z| > c sqrt(sum + rest)).</summary>
    public double Beyond(double c)
    {
        Matrix<double> scaled = root.Clone();
        for (int i = 0; i < shares.Length; i++)
        {
            scaled.SetRow(i + 1, root.Row(i + 1) * (c * Math.Sqrt(shares[i])));
        }

        // z z' less the scaled residuals' squares, in coordinates that are independent.
        Matrix<double> residuals = scaled.SubMatrix(1, shares.Length, 0, shares.Length + 1);
        Vector<double> z = scaled.Row(0);
        double[] values = [.. (z.OuterProduct(z) - residuals.TransposeThisAndMultiply(residuals)).Evd(Symmetricity.Symmetric).EigenValues.Select(v => v.Real)];
        double positive = values.Max(), sum = 0;
        if (!(positive > 0))
        {
            return 0;
        }

        double[] negative = [.. values.Where(v => v < 0).Select(v => -v / positive)];
        double sure = c * c * rest / positive;
        foreach ((double sineSquared, double weight) in Quarter)
        {
            double product = 1;
            foreach (double value in negative)
            {
                product *= 1 + (value / sineSquared);
            }

            sum += weight * Math.Exp(-0.5 * sure / sineSquared) / Math.Sqrt(product);
        }

        return sum;
    }

    /// <summary>The c that is passed with the probability 1 - confidence.</summary>
    public double At(double confidence)
    {
        double low = 0.1, high = Normal.InvCDF(0, 1, 0.5 + (0.5 * confidence));
        while (Beyond(high) > 1 - confidence && high < 1e4)
        {
            (low, high) = (high, 2 * high);
        }

        return MathNet.Numerics.RootFinding.Brent.TryFindRoot(c => Math.Log(Beyond(c) / (1 - confidence)), low, high, 1e-4, 60, out double found) ? found : high;
    }

    // Gauss and Legendre's nodes on (0, pi/2) for (2/pi) times an integral of a function of the squared sine.
    private static (double, double)[] QuarterCircle()
    {
        var rule = new MathNet.Numerics.Integration.GaussLegendreRule(0, Math.PI / 2, Nodes);
        return [.. Enumerable.Range(0, Nodes).Select(i => (Math.Pow(Math.Sin(rule.GetAbscissa(i)), 2), rule.GetWeight(i) * 2 / Math.PI))];
    }
}
