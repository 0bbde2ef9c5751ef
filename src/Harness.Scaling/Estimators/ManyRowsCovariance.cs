namespace Harness.Scaling;

/// <summary>Large-sample covariance of a fit of very many rows, from two passes over them; see <see cref="Asymptotics"/> for what it estimates.</summary>
internal static class ManyRowsCovariance
{
    /// <summary>The covariance at an optimum.</summary>
    /// <param name="sample">The law in the coordinates of the search, on some of the rows.</param>
    /// <param name="rows">All rows.</param>
    /// <param name="theta">The optimum.</param>
    public static Asymptotics Of(FitContext sample, RowBlocks rows, double[] theta)
    {
        Objective objective = rows.Objective;
        int[] inside = [.. Enumerable.Range(0, theta.Length).Where(k => !Asymptotics.OnEdge(sample.Model, theta, k))];
        int f = inside.Length, degrees = rows.ActiveCount - f;
        bool squares = objective.Penalty == Penalty.Square;
        double window = squares ? 0 : ErrorVariance.Window(objective, MedianSize(sample, theta), rows.ActiveCount);

        // J'WJ, then the sum of w^2 psi^2 j j' for squares, then psi^2 and the change of psi over the window.
        int spread = f * f, last = 2 * f * f;
        double[] sums = rows.Totals(theta, last + 2, (residual, weight, slopes, into) =>
        {
            double slope = Linearisation.Slope(objective, residual, 1), own = weight * weight * residual * residual;
            into[last] += weight * slope * slope;
            into[last + 1] += squares ? 0 : Linearisation.Slope(objective, residual + window, 1) - Linearisation.Slope(objective, residual - window, 1);
            for (int k = 0; k < f; k++)
            {
                double at = slopes[inside[k]];
                for (int l = 0; l <= k; l++)
                {
                    double product = at * slopes[inside[l]];
                    into[(k * f) + l] += weight * product;
                    into[spread + (k * f) + l] += squares ? own * product : 0;
                }
            }
        });
        double[] normal = Mirrored(sums.AsSpan(0, f * f), f), meat = Mirrored(sums.AsSpan(spread, f * f), f);
        double? condition = JacobianCondition.Of(normal, f);
        var inverse = new double[f * f];
        double[]? covariance = null;
        double bend = squares ? 2 : sums[last + 1] / (2 * window * rows.ActiveCount), variance = sums[last] / degrees / (bend * bend);
        if (degrees > 0 && f > 0 && double.IsFinite(variance) && SymmetricMatrix.Invert(normal, f, inverse))
        {
            covariance = squares ? Sandwich(inverse, meat, f) : [.. inverse.Select(v => v * variance)];
        }

        return new Asymptotics(sample, theta, inside, covariance, condition, degrees);
    }

    private static double MedianSize(FitContext sample, double[] theta)
    {
        var predictions = new double[sample.Model.Count];
        sample.Model.Predict(theta, predictions);
        double[] sizes = [.. sample.Problem.Active.Select(i => Math.Abs(sample.Problem.Objective.Residual(sample.Problem.Observed[i], predictions[i]))).Order()];
        return sizes[sizes.Length / 2];
    }

    private static double[] Mirrored(ReadOnlySpan<double> lower, int f)
    {
        double[] whole = lower.ToArray();
        for (int k = 0; k < f; k++)
        {
            for (int l = 0; l < k; l++)
            {
                whole[(l * f) + k] = whole[(k * f) + l];
            }
        }

        return whole;
    }

    private static double[] Sandwich(double[] bread, double[] meat, int f)
    {
        double[] Times(double[] a, double[] b)
        {
            var product = new double[f * f];
            for (int i = 0; i < f; i++)
            {
                for (int j = 0; j < f; j++)
                {
                    for (int k = 0; k < f; k++)
                    {
                        product[(i * f) + j] += a[(i * f) + k] * b[(k * f) + j];
                    }
                }
            }

            return product;
        }

        return Times(Times(bread, meat), bread);
    }
}
