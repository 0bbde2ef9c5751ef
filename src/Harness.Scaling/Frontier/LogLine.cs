using MathNet.Numerics.Distributions;

namespace Harness.Scaling;

/// <summary>An ordinary least-squares line in log-log axes: y = coefficient x^exponent. Covariance is that of the exponent with the coefficient's logarithm.</summary>
internal sealed record LogLine(double Coefficient, double Exponent, double ExponentError, double LogCoefficientError, double Covariance, int Degrees, double SumOfSquares)
{
    /// <summary>Fits y against x, both positive.</summary>
    public static LogLine Fit(double[] x, double[] y)
    {
        int n = x.Length;
        double[] u = [.. x.Select(v => Math.Log(v))], w = [.. y.Select(v => Math.Log(v))];
        double meanU = u.Average(), meanW = w.Average();
        double spread = u.Sum(v => (v - meanU) * (v - meanU));
        double slope = u.Zip(w, (a, b) => (a - meanU) * (b - meanW)).Sum() / spread;
        double intercept = meanW - (slope * meanU);
        double squares = u.Zip(w, (a, b) => b - intercept - (slope * a)).Sum(r => r * r);
        double variance = n > 2 ? squares / (n - 2) : double.NaN;
        return new LogLine(
            Math.Exp(intercept), slope, Math.Sqrt(variance / spread), Math.Sqrt(variance * ((1.0 / n) + (meanU * meanU / spread))), -variance * meanU / spread, n - 2, squares);
    }

    /// <summary>The fitted y.</summary>
    public double At(double x) => Coefficient * Math.Pow(x, Exponent);

    /// <summary>Standard error of the fitted log y.</summary>
    public double LogErrorAt(double x)
    {
        double u = Math.Log(x);
        return Math.Sqrt(Math.Max(0, (LogCoefficientError * LogCoefficientError) + (2 * u * Covariance) + (u * u * ExponentError * ExponentError)));
    }

    /// <summary>Half-width of a confidence interval in standard errors.</summary>
    public double Reach(double confidence) => StudentT.InvCDF(0, 1, Degrees, 0.5 + (0.5 * confidence));
}
