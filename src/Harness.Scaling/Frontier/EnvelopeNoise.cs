using MathNet.Numerics.Distributions;

namespace Harness.Scaling;

/// <summary>
/// How far the envelope of other runs like these would lie from the true frontier. A surface through all curves stands for the truth; every run gets a new offset, of the size that runs have about the surface, and its
/// own wiggles with a random sign; the procedure runs again. Its errors, steps of the staircase of sizes included, are taken off the estimate, so the intervals are corrected for its bias.
/// </summary>
internal static class EnvelopeNoise
{
    // The surface's terms in n bend after the runs' offsets.
    private const int Absorbed = 3;

    /// <summary>Draws of the parameters; null where there is no surface or too few runs.</summary>
    /// <param name="points">The curves.</param>
    /// <param name="runs">Rows of each run.</param>
    /// <param name="fit">The procedure's result.</param>
    /// <param name="again">The procedure on other losses.</param>
    /// <param name="count">How many draws.</param>
    /// <param name="options">Seed and threads.</param>
    /// <param name="bias">The procedure's result on the noise-free surface less the truth, exponents plain and coefficients by logarithm.</param>
    public static FrontierDraws? Draws(Points points, int[][] runs, FrontierLines fit, Func<double[], FrontierLines?> again, int count, FitOptions options, out double[]? bias)
    {
        bias = null;
        if (runs.Length <= Absorbed + 1 || FrontierSurface.Through(points, points.Column("loss"), [], options) is not { HasOptimum: true } surface)
        {
            return null;
        }

        double[] n = points.Column("n"), d = points.Column("d"), c = points.Column("c"), loss = points.Column("loss");
        double[] truth = surface.Frontier(Math.Exp(Enumerable.Range(0, n.Length).Average(i => Math.Log(c[i] / (n[i] * d[i])))));
        double[] residual = [.. loss.Select((l, i) => Math.Log(l / surface.Losses[i]))];
        double[] offset = [.. runs.Select(rows => rows.Average(i => residual[i]))];
        double mean = offset.Average();
        int degrees = runs.Length - Absorbed;
        double size = Math.Sqrt(offset.Sum(o => (o - mean) * (o - mean)) / degrees);
        bias = again(surface.Losses) is { } exact ? Error(exact.Parameters, truth) : null;
        return FrontierDraws.OfParameters($"bootstrap(noise, {count}, bias-corrected)", count, options, random =>
        {
            // The size itself is known from few runs only.
            double scale = size * Math.Sqrt(degrees / ChiSquared.InvCDF(degrees, Math.Clamp(random.NextUnit(), 1e-9, 1 - 1e-9)));
            var drawn = new double[loss.Length];
            for (int g = 0; g < runs.Length; g++)
            {
                double moved = scale * random.NextNormal(), sign = random.NextUnit() < 0.5 ? -1 : 1;
                foreach (int i in runs[g])
                {
                    drawn[i] = surface.Losses[i] * Math.Exp(moved + (sign * (residual[i] - offset[g])));
                }
            }

            if (again(drawn) is not { } lines)
            {
                return null;
            }

            double[] error = Error(lines.Parameters, truth), p = fit.Parameters;
            return [p[0] - error[0], p[1] * Math.Exp(-error[1]), p[2] - error[2], p[3] * Math.Exp(-error[3])];
        });
    }

    private static double[] Error(double[] found, double[] truth) => [found[0] - truth[0], Math.Log(found[1] / truth[1]), found[2] - truth[2], Math.Log(found[3] / truth[3])];
}
