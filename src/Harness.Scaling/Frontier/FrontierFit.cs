using System.Globalization;

namespace Harness.Scaling;

/// <summary>Turns a procedure that maps weighted rows to a frontier into a result with uncertainty: the shared half of <c>isoflop</c> and <c>envelope</c>.</summary>
internal sealed class FrontierFit(string law, string source, Points points, FitOptions options, IReadOnlyList<ExcludedRow> excluded)
{
    /// <summary>Completes the result.</summary>
    /// <param name="fit">The frontier of the full sample.</param>
    /// <param name="draws">Draws of the parameters; null for intervals by the lines' own residuals.</param>
    /// <param name="objective">What the procedure minimised.</param>
    /// <param name="method">The procedure in words.</param>
    /// <param name="warnings">What the reader must know.</param>
    public FitResult Complete(FrontierLines fit, FrontierDraws? draws, ObjectiveResult objective, string method, IReadOnlyList<string> warnings)
    {
        double[] parameters = fit.Parameters;
        var errors = new Dictionary<string, double>();
        var intervals = new Dictionary<string, Interval>();
        var derived = new Dictionary<string, Estimate>();
        double[][] samples = draws?.Values ?? [];
        string how = draws?.How ?? "none";
        List<string> notes = [.. warnings];
        if (draws is not null)
        {
            if (samples.Length < draws.Asked)
            {
                notes.Add($"{draws.Asked - samples.Length} of {draws.Asked} resamples had no optimum at two budgets and are not in the intervals.");
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
                if (samples.Length >= 20)
                {
                    double[] values = [.. samples.Select(value).Order()];
                    return new Estimate(value(parameters), Quantiles.Deviation(values), Quantiles.Percentile(values, options.Confidence), $"compute-optimal {axis} at c = {at}");
                }

                LogLine line = axis == "n" ? fit.N : fit.D;
                double central = value(parameters), error = draws is null ? line.LogErrorAt(c) : double.NaN, reach = Math.Exp(line.Reach(options.Confidence) * error);
                return double.IsFinite(reach)
                    ? new Estimate(central, central * error, new Interval(central / reach, central * reach, options.Confidence), $"compute-optimal {axis} at c = {at}")
                    : new Estimate(central, null, null, $"compute-optimal {axis} at c = {at}");
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
            Warnings = options.Holdout is { } held ? [.. notes, $"No rows were kept back: {law} has no hold-out ({held.Name}); leave the largest budget out and compare its optimum."] : notes,
            BudgetOptima = fit.Optima,
            Conventions = options.Conventions,
            RowIds = points.RowIds,
            Observations = points.Column("loss"),
            Covariance = draws is null ? fit.Covariance() : null,
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
}
