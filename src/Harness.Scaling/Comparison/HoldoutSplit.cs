namespace Harness.Scaling;

/// <summary>Rows to fit and rows kept back.</summary>
internal sealed record HoldoutSplit(Points Fitted, Points Held)
{
    // Of more rows kept back than this, so many are listed, evenly.
    private const int MostRows = 20_000;

    /// <summary>Splits, refusing a hold-out that takes nothing or everything.</summary>
    public static HoldoutSplit Of(Points points, Holdout holdout)
    {
        var held = holdout.Rows(points).ToHashSet();
        return held.Count == 0 || held.Count == points.Count
            ? throw new FitRefusedException(
                RefusalReason.InvalidHoldout,
                $"The hold-out '{holdout.Name}' takes {held.Count} of {points.Count} rows.",
                "Choose one that takes some rows and leaves some.")
            : new HoldoutSplit(
                points.Select([.. Enumerable.Range(0, points.Count).Where(i => !held.Contains(i))]),
                points.Select([.. Enumerable.Range(0, points.Count).Where(held.Contains)]));
    }

    /// <summary>How the rows kept back are predicted.</summary>
    public HoldoutResult Judge(Law law, double[] parameters, Objective objective, string rule)
    {
        var predictions = new double[Held.Count];
        law.Bind(Held).Predict(parameters, predictions);
        return Judge(predictions, law.Target, law.Variables, objective, rule);
    }

    /// <summary>The same for given predictions.</summary>
    public HoldoutResult Judge(double[] predictions, string target, IReadOnlyList<string> variables, Objective objective, string rule)
    {
        double[] observed = Held.Column(target);
        double[] errors = [.. observed.Select((y, i) => (predictions[i] - y) / y)];
        int listed = Math.Min(errors.Length, MostRows);
        HeldRow[] rows =
        [
            .. Enumerable.Range(0, listed).Select(k => (int)((long)k * errors.Length / listed)).Select(i => new HeldRow(Held.RowIds[i], observed[i], predictions[i], errors[i])),
        ];
        double distance = 1;
        string? far = null;
        foreach (string variable in variables.Append("c").Distinct())
        {
            if (!Fitted.TryColumn(variable, out double[]? inside) || !Held.TryColumn(variable, out double[]? outside))
            {
                continue;
            }

            double low = inside.Min(), high = inside.Max();
            double factor = outside.Max(x => Math.Max(x / high, low / x));
            if (factor > distance * (1 + 1e-9))
            {
                (distance, far) = (factor, variable);
            }
        }

        return new HoldoutResult(
            rule,
            errors.Length,
            far is not null,
            distance,
            far,
            errors.Average(Math.Abs),
            errors.Max(Math.Abs),
            errors.Average(),
            objective.Value(observed, predictions),
            rows);
    }
}
