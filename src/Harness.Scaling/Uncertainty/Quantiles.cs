using MathNet.Numerics.Distributions;

namespace Harness.Scaling;

/// <summary>Quantiles and bootstrap intervals of samples.</summary>
public static class Quantiles
{
    /// <summary>The quantile of an ascending array, interpolated linearly between order statistics (Hyndman and Fan's type 7, NumPy's default).</summary>
    /// <param name="sorted">Ascending, not empty.</param>
    /// <param name="share">Of the array below the quantile; clamped into [0, 1].</param>
    public static double Of(double[] sorted, double share)
    {
        ArgumentNullException.ThrowIfNull(sorted);
        double at = Math.Clamp(share, 0, 1) * (sorted.Length - 1);
        int low = (int)Math.Floor(at), high = Math.Min(low + 1, sorted.Length - 1);
        return sorted[low] == sorted[high] ? sorted[low] : sorted[low] + ((at - low) * (sorted[high] - sorted[low]));
    }

    /// <summary>Sample standard deviation.</summary>
    internal static double Deviation(double[] values)
    {
        double mean = values.Average();
        return Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1));
    }

    /// <summary>Quantiles at the two tails.</summary>
    internal static Interval Percentile(double[] sorted, double confidence) => At(sorted, Normal.InvCDF(0, 1, 0.5 + (0.5 * confidence)), confidence);

    /// <summary>Quantiles as far out as so many standard errors of a normal distribution.</summary>
    /// <param name="sorted">Resampled estimates, ascending.</param>
    /// <param name="reach">In standard errors.</param>
    /// <param name="confidence">In (0, 1), as stated by the interval.</param>
    internal static Interval At(double[] sorted, double reach, double confidence) => new(Of(sorted, Normal.CDF(0, 1, -reach)), Of(sorted, Normal.CDF(0, 1, reach)), confidence);

    /// <summary>Bias-corrected and accelerated quantiles (Efron 1987).</summary>
    /// <param name="sorted">Resampled estimates, ascending.</param>
    /// <param name="estimate">From the full sample.</param>
    /// <param name="jackknife">Estimates with one unit left out each.</param>
    /// <param name="reach">Standard errors of a normal distribution that the interval is meant to reach out.</param>
    /// <param name="confidence">In (0, 1), as stated by the interval.</param>
    internal static Interval Bca(double[] sorted, double estimate, double[] jackknife, double reach, double confidence)
    {
        double below = (sorted.Count(v => v < estimate) + (0.5 * sorted.Count(v => v == estimate))) / sorted.Length;
        double bias = Normal.InvCDF(0, 1, Math.Clamp(below, 0.5 / sorted.Length, 1 - (0.5 / sorted.Length)));
        double mean = jackknife.Average(), cubes = 0, squares = 0;
        foreach (double value in jackknife)
        {
            double d = mean - value;
            cubes += d * d * d;
            squares += d * d;
        }

        double acceleration = squares > 0 ? cubes / (6 * Math.Pow(squares, 1.5)) : 0;
        return new Interval(Of(sorted, Adjusted(-1)), Of(sorted, Adjusted(1)), confidence);

        double Adjusted(int side)
        {
            double z = bias + (side * reach);
            return Normal.CDF(0, 1, bias + (z / (1 - (acceleration * z))));
        }
    }
}
