using System.Globalization;

namespace Harness.Scaling;

/// <summary>Turns a procedure that maps weighted rows to a frontier into a result with uncertainty: the shared half of <c>isoflop</c> and <c>envelope</c>.</summary>
/// <param name="law">The procedure's name.</param>
/// <param name="source">The paper.</param>
/// <param name="points">The rows.</param>
/// <param name="options">How to fit.</param>
/// <param name="excluded">Rows left out.</param>
/// <param name="separateOptima">
/// Whether the optima were found separately, each from rows of its own, so that their scatter about the lines says how sure the lines are. Optima read off one surface lie on
/// the lines exactly, and those along one training curve repeat each other: then rows are drawn again in any case.
/// </param>
internal sealed class FrontierFit(string law, string source, Points points, FitOptions options, IReadOnlyList<ExcludedRow> excluded, bool separateOptima)
{
    // Enough for the ends of a 95 % interval to within a tenth of its width.
    private const int LeastResamples = 400;

    /// <summary>Completes the result.</summary>
    /// <param name="fit">The frontier of the full sample.</param>
    /// <param name="refit">The frontier of a resample with these row weights; null where it has none.</param>
    /// <param name="unit">What is drawn again.</param>
    /// <param name="strata">Rows are drawn within these sets (budgets, or everything).</param>
    /// <param name="objective">What the procedure minimised.</param>
    /// <param name="method">The procedure in words.</param>
    /// <param name="warnings">What the reader must know.</param>
    public FitResult Complete(
        FrontierLines fit, Func<double[], FrontierLines?> refit, ResampleUnit unit, IReadOnlyList<int[][]> strata, ObjectiveResult objective, string method, IReadOnlyList<string> warnings)
    {
        double[] parameters = fit.Parameters;
        var errors = new Dictionary<string, double>();
        var intervals = new Dictionary<string, Interval>();
        var derived = new Dictionary<string, Estimate>();
        double[][] samples = [];
        string how = "none";
        List<string> notes = [.. warnings];
        if ((options.Bootstrap?.Resamples ?? (separateOptima ? null : LeastResamples)) is { } count)
        {
            samples = [.. Resample(count, refit, strata).OfType<double[]>()];
            how = $"bootstrap({unit.ToString().ToLowerInvariant()}, {count}, percentile)";
            if (samples.Length < count)
            {
                notes.Add($"{count - samples.Length} of {count} resamples had no optimum at two budgets and are not in the intervals.");
            }

            for (int j = 0; j < 4 && samples.Length >= 20; j++)
            {
                double[] values = [.. samples.Select(s => s[j]).Order()];
                errors[FrontierLines.Names[j]] = Quantiles.Deviation(values);
                intervals[FrontierLines.Names[j]] = Quantiles.Percentile(values, options.Confidence);
            }
        }
        else if (fit.N.Degrees > 0)
        {
            how = "least squares on the optima";
            FromLine(fit.N, "n", errors, intervals);
            FromLine(fit.D, "d", errors, intervals);
        }

        foreach (double c in options.Budgets)
        {
            string at = c.ToString("0.######E+0", CultureInfo.InvariantCulture);
            derived[$"n_opt({at})"] = At(p => p[1] * Math.Pow(c, p[0]), "n");
            derived[$"d_opt({at})"] = At(p => p[3] * Math.Pow(c, p[2]), "d");
            Estimate At(Func<double[], double> value, string axis)
            {
                double[] values = [.. samples.Select(value).Order()];
                bool any = values.Length >= 20;
                return new Estimate(value(parameters), any ? Quantiles.Deviation(values) : null, any ? Quantiles.Percentile(values, options.Confidence) : null, $"compute-optimal {axis} at c = {at}");
            }
        }

        return new FitResult
        {
            Law = law,
            Source = source,
            Equation = "n_opt = n_coefficient * c^n_exponent; d_opt = d_coefficient * c^d_exponent",
            Variables = ["c", "n", "d", "loss"],
            Objective = objective,
            Parameters = FrontierLines.Names.Select((name, j) => (name, parameters[j])).ToDictionary(p => p.name, p => p.Item2),
            StandardErrors = errors,
            Intervals = intervals,
            Derived = derived,
            UncertaintyMethod = how,
            Points = points.Count,
            Excluded = excluded,
            Starts = 1,
            StartsAtOptimum = 1,
            Method = method,
            Converged = true,
            StoppedBy = "closed-form",
            ConditionNumber = null,
            Warnings = notes,
            BudgetOptima = fit.Optima,
            Conventions = options.Conventions,
            RowIds = points.RowIds,
            Observations = points.Column("loss"),
            Resamples = samples,
        };
    }

    private void FromLine(LogLine line, string axis, Dictionary<string, double> errors, Dictionary<string, Interval> intervals)
    {
        double reach = line.Reach(options.Confidence);
        errors[$"{axis}_exponent"] = line.ExponentError;
        intervals[$"{axis}_exponent"] = new Interval(line.Exponent - (reach * line.ExponentError), line.Exponent + (reach * line.ExponentError), options.Confidence);
        errors[$"{axis}_coefficient"] = line.Coefficient * line.LogCoefficientError;
        intervals[$"{axis}_coefficient"] = new Interval(
            line.Coefficient * Math.Exp(-reach * line.LogCoefficientError), line.Coefficient * Math.Exp(reach * line.LogCoefficientError), options.Confidence);
    }

    private double[]?[] Resample(int count, Func<double[], FrontierLines?> refit, IReadOnlyList<int[][]> strata)
    {
        var results = new double[]?[count];
        int threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount;
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, k =>
        {
            var random = new SeededRandom(options.Seed, (ulong)k + 1);
            var weights = new double[points.Count];
            foreach (int[][] units in strata)
            {
                for (int draw = 0; draw < units.Length; draw++)
                {
                    foreach (int row in units[random.NextIndex(units.Length)])
                    {
                        weights[row]++;
                    }
                }
            }

            results[k] = refit(weights)?.Parameters is { } p && Array.TrueForAll(p, double.IsFinite) ? p : null;
        });
        return results;
    }
}
