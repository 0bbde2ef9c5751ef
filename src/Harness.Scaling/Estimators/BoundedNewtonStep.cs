namespace Harness.Scaling;

/// <summary>
/// The minimum of a parabola within the domain, by an active set (Nocedal and Wright 2006, section 16.5): the step goes towards the minimum over the coordinates that are free and stops at the first edge, whose
/// coordinate then stays there until the parabola falls towards the inside. Every part of the way descends. (Cutting off at the edges whatever a full step crosses may end higher than it began.)
/// </summary>
internal static class BoundedNewtonStep
{
    /// <summary>Writes the step of a damped Newton method; returns the decrease that its parabola promises, or NaN where it has no minimum.</summary>
    public static double Find(RowSums sums, double damping, double[] theta, SearchModel model, double[] step)
    {
        int p = theta.Length;
        Span<double> curvature = stackalloc double[p * p];
        for (int k = 0; k < p; k++)
        {
            for (int l = 0; l <= k; l++)
            {
                int at = (k * p) + l;
                curvature[at] = curvature[(l * p) + k] = sums.Bend[at] + ((k == l ? damping + 1e-12 : damping) * sums.Majorant[at]);
            }
        }

        return Find(sums.Gradient, curvature, theta, model, step);
    }

    /// <summary>Writes the step to the minimum of gradient'd + d'curvature d/2; returns the decrease there, or NaN where there is none.</summary>
    /// <param name="gradient">[p].</param>
    /// <param name="curvature">[p, p], symmetric.</param>
    /// <param name="theta">Where d = 0 is.</param>
    /// <param name="model">Holds the domain.</param>
    /// <param name="step">[p], overwritten.</param>
    public static double Find(ReadOnlySpan<double> gradient, ReadOnlySpan<double> curvature, double[] theta, SearchModel model, double[] step)
    {
        int p = theta.Length;
        Span<bool> pinned = stackalloc bool[p];
        Span<int> free = stackalloc int[p];
        Span<double> matrix = stackalloc double[p * p];
        Span<double> solution = stackalloc double[p];
        pinned.Clear();
        Array.Clear(step);
        for (int round = 0; round < 4 * p; round++)
        {
            int f = 0;
            for (int k = 0; k < p; k++)
            {
                if (!pinned[k])
                {
                    free[f++] = k;
                }
            }

            for (int k = 0; k < f; k++)
            {
                // From where the step stands, so that rounding far from the edge does not matter.
                solution[k] = -SlopeAt(gradient, curvature, step, free[k]);
                for (int l = 0; l < f; l++)
                {
                    matrix[(k * f) + l] = curvature[(free[k] * p) + free[l]];
                }
            }

            if (f > 0)
            {
                if (!SymmetricMatrix.Factor(matrix, f))
                {
                    return double.NaN;
                }

                SymmetricMatrix.Solve(matrix, f, solution);
            }

            (double share, int blocking) = Reach(theta, step, model, free[..f], solution);
            for (int k = 0; k < f; k++)
            {
                step[free[k]] += share * solution[k];
            }

            if (blocking >= 0)
            {
                bool down = solution[free[..f].IndexOf(blocking)] < 0;
                step[blocking] = (down ? model.Lower[blocking] : model.Upper[blocking]) - theta[blocking];
                pinned[blocking] = true;
                continue;
            }

            int released = Released(gradient, curvature, step, theta, model, pinned);
            if (released < 0)
            {
                break;
            }

            pinned[released] = false;
        }

        double promised = 0;
        for (int k = 0; k < p; k++)
        {
            promised -= gradient[k] * step[k];
            for (int l = 0; l < p; l++)
            {
                promised -= 0.5 * curvature[(k * p) + l] * step[k] * step[l];
            }
        }

        return promised;
    }

    /// <summary>The share of a move (at most 1) that stays within the domain, and the coordinate that stops it; -1 where none does.</summary>
    public static (double Share, int Blocking) Reach(double[] theta, double[] step, SearchModel model, ReadOnlySpan<int> free, ReadOnlySpan<double> move)
    {
        double share = 1;
        int blocking = -1;
        for (int k = 0; k < free.Length; k++)
        {
            int index = free[k];
            double at = theta[index] + step[index], edge = move[k] < 0 ? model.Lower[index] : model.Upper[index];
            if (move[k] != 0 && (move[k] < 0 ? at + move[k] < edge : at + move[k] > edge) && (edge - at) / move[k] is var part && (part < share || blocking < 0))
            {
                (share, blocking) = (Math.Clamp(part, 0, 1), index);
            }
        }

        return (share, blocking);
    }

    // The pinned coordinate along which the parabola falls fastest towards the inside; -1 where none does.
    private static int Released(ReadOnlySpan<double> gradient, ReadOnlySpan<double> curvature, double[] step, double[] theta, SearchModel model, ReadOnlySpan<bool> pinned)
    {
        int best = -1;
        double most = 0;
        for (int k = 0; k < theta.Length; k++)
        {
            if (!pinned[k])
            {
                continue;
            }

            double slope = SlopeAt(gradient, curvature, step, k), bend = curvature[(k * theta.Length) + k];
            bool inwards = theta[k] + step[k] <= model.Lower[k] ? slope < 0 : slope > 0;
            double gain = slope * slope / bend;
            // Below the rounding of the slope's own terms a release would only be taken back.
            if (inwards && gain > most && Math.Abs(slope) > 1e-9 * (Math.Abs(gradient[k]) + (bend * Math.Abs(step[k]))))
            {
                (best, most) = (k, gain);
            }
        }

        return best;
    }

    private static double SlopeAt(ReadOnlySpan<double> gradient, ReadOnlySpan<double> curvature, double[] step, int k)
    {
        double slope = gradient[k];
        for (int l = 0; l < step.Length; l++)
        {
            slope += curvature[(k * step.Length) + l] * step[l];
        }

        return slope;
    }
}
