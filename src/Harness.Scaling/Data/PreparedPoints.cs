using System.Globalization;

namespace Harness.Scaling;

/// <summary>The rows that a fit may use, and those left out by rule.</summary>
internal sealed record PreparedPoints(Points Points, IReadOnlyList<ExcludedRow> Excluded)
{
    /// <summary>Leaves out diverged rows, then refuses what no rule covers.</summary>
    public static PreparedPoints For(Points points, Law law, bool positiveTarget, double? maximumLoss) => For(
        points, law.Target, [.. law.Variables.Select(v => (v, RowMajor.Column(points, law, v)))], positiveTarget || law.HasPositiveTarget, law.Accepts, maximumLoss);

    /// <summary>The same for procedures on n, d, c and loss.</summary>
    public static PreparedPoints ForFrontier(Points points, double? maximumLoss) => For(
        points, "loss", [("n", points.Column("n")), ("d", points.Column("d")), ("c", points.Column("c"))], true, (_, value) => double.IsFinite(value) && value > 0, maximumLoss);

    private static PreparedPoints For(
        Points points, string target, IReadOnlyList<(string Name, double[] Values)> variables, bool positiveTarget, Func<string, double, bool> accepts, double? maximumLoss)
    {
        double[] observed = points.Column(target);
        bool marked = points.TryColumn("diverged", out double[]? diverged);
        List<ExcludedRow> excluded = [];
        List<int> kept = new(points.Count);
        for (int i = 0; i < points.Count; i++)
        {
            if (!double.IsFinite(observed[i]))
            {
                excluded.Add(new(points.RowIds[i], string.Create(CultureInfo.InvariantCulture, $"diverged: {target} is {observed[i]}")));
            }
            else if (marked && diverged![i] != 0)
            {
                excluded.Add(new(points.RowIds[i], "diverged: marked so"));
            }
            else if (observed[i] > maximumLoss)
            {
                excluded.Add(new(points.RowIds[i], string.Create(CultureInfo.InvariantCulture, $"diverged: {target} {observed[i]} is above the limit {maximumLoss}")));
            }
            else
            {
                kept.Add(i);
            }
        }

        if (positiveTarget)
        {
            Refuse(points, kept, i => !(observed[i] > 0), RefusalReason.NonPositiveLoss, target, i => observed[i], "it must be positive", "Correct or drop these rows.");
        }

        foreach ((string name, double[] values) in variables)
        {
            Refuse(points, kept, i => !accepts(name, values[i]), RefusalReason.InvalidVariable, name, i => values[i], "it must be a positive finite number", "Correct or drop these rows.");
        }

        if (kept.Count == 0)
        {
            throw new FitRefusedException(RefusalReason.TooFewPoints, $"None of the {points.Count} rows is usable.", "Check the columns and the filter.");
        }

        return new PreparedPoints(kept.Count == points.Count ? points : points.Select(kept), excluded);
    }

    /// <summary>Refuses a set of rows that cannot determine so many parameters.</summary>
    public static void RequireEnough(Points points, Law law, int parameters, IReadOnlyList<string> mustVary)
    {
        IReadOnlyList<string> variables = law.Variables;
        if (points.Count < parameters)
        {
            throw new FitRefusedException(
                RefusalReason.TooFewPoints,
                $"{law.Name} has {parameters} free parameters, but there are {points.Count} usable points.",
                "Add points, choose a law with fewer parameters, or hold some parameters fixed.");
        }

        foreach (string variable in mustVary)
        {
            double[] values = points.Column(variable);
            if (values.Max() - values.Min() <= 1e-12 * Math.Abs(values.Max()))
            {
                throw new FitRefusedException(
                    RefusalReason.SingleValue,
                    string.Create(CultureInfo.InvariantCulture, $"All {points.Count} points have {variable} = {values[0]}, so the data cannot say how {law.Name} depends on {variable}."),
                    $"Add points at other values of {variable}, or fit a law without it.");
            }
        }

        double[] target = points.Column(law.Target);
        if (target.Max() - target.Min() <= 1e-12 * Math.Abs(target.Max()))
        {
            throw new FitRefusedException(
                RefusalReason.SingleValue,
                string.Create(CultureInfo.InvariantCulture, $"All {points.Count} points have {law.Target} = {target[0]}: a constant fits exactly, so there is no scaling to fit."),
                $"Check that the column of {law.Target} is the right one.");
        }

        // Counted only as far as needed: millions of rows need not all be told apart.
        double[][] columns = [.. variables.Select(v => RowMajor.Column(points, law, v))];
        int distinct = Enumerable.Range(0, points.Count).Select(i => string.Join(' ', columns.Select(c => c[i]))).Distinct().Take(parameters).Count();
        if (distinct < parameters)
        {
            throw new FitRefusedException(
                RefusalReason.TooFewPoints,
                $"{law.Name} has {parameters} free parameters, but the {points.Count} points sit at only {distinct} distinct values of ({string.Join(", ", variables)}).",
                "Add points at other values, choose a law with fewer parameters, or hold some parameters fixed.");
        }
    }

    private static void Refuse(Points points, List<int> rows, Func<int, bool> bad, RefusalReason reason, string column, Func<int, double> value, string need, string mend)
    {
        int[] blamed = [.. rows.Where(bad)];
        if (blamed.Length > 0)
        {
            string first = string.Join(", ", blamed.Take(3).Select(i => string.Create(CultureInfo.InvariantCulture, $"{points.RowIds[i]} ({value(i)})")));
            string more = blamed.Length > 3 ? $" and {blamed.Length - 3} more" : string.Empty;
            throw new FitRefusedException(reason, $"{column} is not usable in {blamed.Length} of {points.Count} rows: {first}{more}; {need}.", mend, [.. blamed.Select(i => points.RowIds[i])]);
        }
    }
}
