namespace Harness.Scaling;

/// <summary>
/// Refits resampled data. Resample k depends on (seed, k) alone, and every refit searches anew: from the full sample's minima and from a spread of fresh starts, so that a
/// resample whose optimum lies elsewhere is allowed to go there.
/// </summary>
internal sealed class Bootstrap(FitContext context, SearchOutcome outcome, ResampleUnit unit, ulong seed, int threads)
{
    // Shapes ranked afresh, and descended from, in each resample.
    private const int FreshStarts = 64;
    private const int FreshDescents = 2;
    private readonly double[][] known = [.. Minima(outcome)];
    private readonly int[][] units = Units(context.Points, context.Problem, unit);

    /// <summary>Number of things that can be drawn: rows, or groups.</summary>
    public int UnitCount => units.Length;

    /// <summary>Refits so many resamples; a resample that cannot be fitted is null.</summary>
    /// <param name="count">How many.</param>
    /// <param name="judge">What else to take from each refit: given its rows' copies (null for once each), its problem and its optimum.</param>
    public double[]?[] Resample(int count, Action<int, double[]?, FitProblem, double[]>? judge = null)
    {
        if (unit == ResampleUnit.Noise)
        {
            return Refit(count, NoiseMaker(), judge is null ? null : (k, problem, theta) => judge(k, null, problem, theta));
        }

        var copies = new double[count][];
        return Refit(count, k => context.Problem.Reweighted(Drawn(k, copies[k] = new double[context.Points.Count])), judge is null ? null : (k, problem, theta) => judge(k, copies[k], problem, theta));
    }

    /// <summary>Refits without one unit (or one block of units where there are more than so many) at a time.</summary>
    public double[]?[] Jackknife(int blocks = 250)
    {
        int count = Math.Min(blocks, units.Length);
        return Refit(count, k =>
        {
            double[] weights = (double[])context.Problem.Weights.Clone();
            for (int u = k; u < units.Length; u += count)
            {
                foreach (int row in units[u])
                {
                    weights[row] = 0;
                }
            }

            return context.Problem.Reweighted(weights);
        });
    }

    private double[]?[] Refit(int count, Func<int, FitProblem> make, Action<int, FitProblem, double[]>? judge = null)
    {
        var results = new double[]?[count];
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, () => new Workspace(context.Model.Count, context.Model.Dimension), (k, _, space) =>
        {
            FitProblem problem = make(k);
            if (problem.Active.Length >= context.Model.Dimension)
            {
                SearchOutcome found = context.Search.Run(problem, FreshDescents, known, 1, space, FreshStarts);
                double[] parameters = context.Model.ToParameters(found.Best.Theta);
                results[k] = Array.TrueForAll(parameters, double.IsFinite) ? parameters : null;
                judge?.Invoke(k, problem, found.Best.Theta);
            }

            return space;
        }, _ => { });
        return results;
    }

    private double[] Drawn(int k, double[] copies)
    {
        var random = new SeededRandom(seed, (ulong)k + 1);
        var weights = new double[context.Points.Count];
        for (int draw = 0; draw < units.Length; draw++)
        {
            foreach (int row in units[random.NextIndex(units.Length)])
            {
                copies[row]++;
                weights[row] += context.Problem.Weights[row];
            }
        }

        return weights;
    }

    // Residuals on the objective's scale, centred and widened for the parameters spent, put back on the fitted values.
    private Func<int, FitProblem> NoiseMaker()
    {
        FitProblem problem = context.Problem;
        var predictions = new double[context.Model.Count];
        context.Model.Predict(outcome.Best.Theta, predictions);
        double[] residuals = [.. problem.Active.Select(i => problem.Objective.Residual(problem.Observed[i], predictions[i]))];
        int free = Math.Max(residuals.Length - context.Model.Dimension, 1);
        double mean = residuals.Average(), widen = Math.Sqrt((double)residuals.Length / free);
        return k =>
        {
            var random = new SeededRandom(seed, (ulong)k + 1);
            var observed = (double[])problem.Observed.Clone();
            foreach (int i in problem.Active)
            {
                double noise = (residuals[random.NextIndex(residuals.Length)] - mean) * widen;
                observed[i] = problem.Objective.OnLogarithms ? predictions[i] * Math.Exp(-noise) : predictions[i] - noise;
            }

            return problem.Reobserved(observed);
        };
    }

    private static int[][] Units(Points points, FitProblem problem, ResampleUnit unit)
    {
        if (unit == ResampleUnit.Group)
        {
            string[] groups = points.Groups is { } g
                ? [.. g]
                : throw new FitRefusedException(RefusalReason.InvalidOption, "A bootstrap by group needs groups.", "Name the column that holds the run of each row, or resample rows.");
            int[][] byGroup = [.. problem.Active.GroupBy(i => groups[i]).Select(x => x.ToArray())];
            return byGroup.Length >= 3
                ? byGroup
                : throw new FitRefusedException(RefusalReason.TooFewPoints, $"A bootstrap by group needs at least 3 groups; there are {byGroup.Length}.", "Resample rows or noise instead.");
        }

        return [.. problem.Active.Select(i => new[] { i })];
    }

    private static IEnumerable<double[]> Minima(SearchOutcome outcome)
    {
        yield return outcome.Best.Theta;
        LocalFit? other = outcome.Ends.FirstOrDefault(e => !SearchOutcome.IsSame(e.Value, outcome.Best.Value));
        if (other is not null)
        {
            yield return other.Theta;
        }
    }
}
