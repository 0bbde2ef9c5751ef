namespace Harness.Scaling;

/// <summary>
/// Descends by damped Newton steps on the smoothed penalty: a step costs one pass over the rows and memory for nothing but sums. The damping blends towards the parabolas that lie
/// above each row's penalty (iterative reweighting), whose steps always descend, and fades as steps keep what they promise.
/// </summary>
internal static class NewtonDescent
{
    /// <summary>Why a search ended where steps with little damping do not descend, and those with more promise nothing: the rounding of the sums, or a corner.</summary>
    public const string NoGain = "no-gain";

    private const int StepLimit = 100;
    private const double Undamped = 1e-9;

    // Corners are rounded less and less; the last width, in mean residuals, moves the objective by about its square.
    private static readonly double[] Roundings = [0.3, 0.03, 3e-3, 3e-4, 2e-5];

    /// <summary>Searches from a start.</summary>
    /// <param name="rows">What is fitted.</param>
    /// <param name="start">Coordinates; not changed.</param>
    /// <param name="tolerance">The search is over when a step promises less than this share of the objective.</param>
    /// <returns>The end; its value is that of the rounded penalty where the objective has corners.</returns>
    public static LocalFit Descend(RowBlocks rows, ReadOnlySpan<double> start, double tolerance)
    {
        SearchModel model = rows.Model;
        double[] theta = start.ToArray();
        for (int k = 0; k < theta.Length; k++)
        {
            theta[k] = Math.Clamp(theta[k], model.Lower[k], model.Upper[k]);
        }

        if (!SmoothPenalty.IsSharp(rows.Objective))
        {
            return Descend(rows, theta, new SmoothPenalty(rows.Objective, 1), tolerance);
        }

        var end = new LocalFit(theta, double.PositiveInfinity, false, "no-descent");
        foreach (double rounding in Roundings)
        {
            double size = rows.Sums(end.Theta, new SmoothPenalty(rows.Objective, 1)).Size / rows.ActiveCount;
            if (!(size > 0) || !double.IsFinite(size))
            {
                return end;
            }

            end = Descend(rows, end.Theta, new SmoothPenalty(rows.Objective, rounding * size), tolerance);
        }

        return end;
    }

    private static LocalFit Descend(RowBlocks rows, double[] theta, SmoothPenalty penalty, double tolerance)
    {
        SearchModel model = rows.Model;
        int p = theta.Length;
        var step = new double[p];
        RowSums at = rows.Sums(theta, penalty);
        if (!double.IsFinite(at.Value))
        {
            return new LocalFit(theta, double.PositiveInfinity, false, "no-descent");
        }

        double damping = 1e-2, refused = 0;
        for (int pass = 0; pass < StepLimit; pass++)
        {
            double promised = BoundedNewtonStep.Find(at, damping, theta, model, step);
            if (promised <= tolerance * at.Value)
            {
                // Damping hides what a flat valley would still give: only without it is the promise believed.
                if (damping <= Undamped)
                {
                    return new LocalFit(theta, at.Value, true, "stationary");
                }

                if (1e-2 * damping <= refused)
                {
                    return new LocalFit(theta, at.Value, damping <= 1e-3, NoGain);
                }

                damping *= 1e-2;
                continue;
            }

            double[] trial = [.. theta.Select((t, k) => Math.Clamp(t + step[k], model.Lower[k], model.Upper[k]))];
            RowSums next = rows.Sums(trial, penalty);
            if (next.Value < at.Value)
            {
                double kept = (at.Value - next.Value) / promised;
                damping = kept > 0.7 ? Math.Max(0.1 * damping, 1e-10) : kept < 0.2 ? 4 * damping : damping;
                (theta, at, refused) = (trial, next, 0);
                continue;
            }

            refused = damping;
            damping = Math.Max(8 * damping, 1e-6);
            if (damping > 1e12)
            {
                return new LocalFit(theta, at.Value, false, "no-descent");
            }
        }

        return new LocalFit(theta, at.Value, false, "step-limit");
    }
}
