namespace Harness.Scaling;

/// <summary>The minimum of a parabola within the domain: coordinates that would leave it are put on its edge and the rest solved again.</summary>
internal static class BoundedNewtonStep
{
    /// <summary>Writes the step; returns the decrease that the parabola promises, or NaN where it has no minimum.</summary>
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

        Span<bool> pinned = stackalloc bool[p];
        Span<int> free = stackalloc int[p];
        double[] matrix = new double[p * p], solution = new double[p];
        pinned.Clear();
        Array.Clear(step);
        for (int round = 0; round <= p; round++)
        {
            int f = 0;
            for (int k = 0; k < p; k++)
            {
                if (!pinned[k])
                {
                    free[f++] = k;
                }
            }

            if (f == 0)
            {
                break;
            }

            for (int k = 0; k < f; k++)
            {
                solution[k] = -sums.Gradient[free[k]];
                for (int l = 0; l < p; l++)
                {
                    solution[k] -= pinned[l] ? curvature[(free[k] * p) + l] * step[l] : 0;
                }

                for (int l = 0; l < f; l++)
                {
                    matrix[(k * f) + l] = curvature[(free[k] * p) + free[l]];
                }
            }

            if (!SymmetricMatrix.Factor(matrix, f))
            {
                return double.NaN;
            }

            SymmetricMatrix.Solve(matrix, f, solution);
            bool crossed = false;
            for (int k = 0; k < f; k++)
            {
                int index = free[k];
                double target = theta[index] + solution[k], inside = Math.Clamp(target, model.Lower[index], model.Upper[index]);
                step[index] = inside == target ? solution[k] : inside - theta[index];
                pinned[index] |= inside != target;
                crossed |= inside != target;
            }

            if (!crossed)
            {
                break;
            }
        }

        double promised = 0;
        for (int k = 0; k < p; k++)
        {
            promised -= sums.Gradient[k] * step[k];
            for (int l = 0; l < p; l++)
            {
                promised -= 0.5 * curvature[(k * p) + l] * step[k] * step[l];
            }
        }

        return promised;
    }
}
