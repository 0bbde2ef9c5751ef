namespace Harness.Reporting.Plots.Figures;

/// <summary>A parabola by least squares, for drawing. The fitted optima and their uncertainty are the scaling room's.</summary>
/// <param name="Centre">Where the coordinate is 0.</param>
/// <param name="Constant">Value there.</param>
/// <param name="Slope">Slope there.</param>
/// <param name="Curvature">Half the second derivative.</param>
public sealed record Parabola(double Centre, double Constant, double Slope, double Curvature)
{
    /// <summary>Where it is flat: its lowest place if the curvature is above 0.</summary>
    public double Vertex => Centre - (Slope / (2 * Curvature));

    /// <summary>Its value at a place.</summary>
    public double At(double x) => Constant + ((x - Centre) * (Slope + ((x - Centre) * Curvature)));

    /// <summary>The parabola closest to the points; null with fewer than three distinct places.</summary>
    public static Parabola? Through(double[] xs, double[] ys)
    {
        if (xs.Distinct().Count() < 3)
        {
            return null;
        }

        // Orthogonal polynomials on the points themselves: no normal equations to invert.
        int n = xs.Length;
        double centre = xs.Average(), mean = ys.Average();
        double[] p1 = [.. xs.Select(x => x - centre)];
        double s11 = p1.Sum(p => p * p), skew = p1.Sum(p => p * p * p) / s11, flat = s11 / n;
        double[] p2 = [.. p1.Select(p => (p * p) - (skew * p) - flat)];
        double slope = p1.Zip(ys, (p, y) => p * (y - mean)).Sum() / s11;
        double curvature = p2.Zip(ys, (p, y) => p * (y - mean)).Sum() / p2.Sum(p => p * p);
        return new Parabola(centre, mean - (curvature * flat), slope - (curvature * skew), curvature);
    }
}
