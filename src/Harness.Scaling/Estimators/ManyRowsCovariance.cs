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
        double window = squares ? 0 : ErrorVariance.WindowOf(objective, MedianSize(sample, theta), rows.ActiveCount);

        // J'WJ, then the sandwich's sums of w psi' j j' and w^2 psi^2 j j'.
        int bread = f * f, meat = 2 * f * f;
        double[] sums = rows.Totals(theta, 3 * f * f, (residual, weight, slopes, into) =>
        {
            double slope = weight * Linearisation.Slope(objective, residual, 1), bend = weight * (squares ? 2 : ErrorVariance.Change(objective, residual, window));
            for (int k = 0; k < f; k++)
            {
                double at = slopes[inside[k]];
                for (int l = 0; l <= k; l++)
                {
                    double product = at * slopes[inside[l]];
                    into[(k * f) + l] += weight * product;
                    into[bread + (k * f) + l] += bend * product;
                    into[meat + (k * f) + l] += slope * slope * product;
                }
            }
        });
        double? condition = JacobianCondition.Of(Mirrored(sums.AsSpan(0, f * f), f), f);
        double[]? covariance = degrees > 0 && f > 0 ? Sandwich.Of(Mirrored(sums.AsSpan(bread, f * f), f), Mirrored(sums.AsSpan(meat, f * f), f), f, rows.ActiveCount) : null;
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
}
