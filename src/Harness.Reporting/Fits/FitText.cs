using System.Globalization;
using System.Text;

namespace Harness.Reporting.Fits;

/// <summary>A fit as plain text for a terminal: parameters with errors and intervals, and below them everything that qualifies the numbers.</summary>
public static class FitText
{
    private const int RowsNamed = 8;
    private const int WidestLine = 150;

    /// <summary>The whole text of one fit, ending with a line end.</summary>
    public static string Of(FitRecord fit)
    {
        ArgumentNullException.ThrowIfNull(fit);
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{fit.Law}: {fit.Equation}\n");
        if (fit.Source is { } source)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {source}\n");
        }

        text.Append('\n').Append(Parameters(fit)).Append('\n');
        foreach ((string topic, string line) in Lines(fit))
        {
            AppendWrapped(text, topic, line);
        }

        return text.ToString();
    }

    /// <summary>A number with so many significant digits, without needless ones, and with an exponent from 1e7 on.</summary>
    public static string Number(double value, int digits)
    {
        double size = Math.Abs(Plots.ShortNumber.Rounded(value, digits));
        string format = size >= Math.Min(1e7, Math.Pow(10, digits)) || size is > 0 and < 1e-4 ? $"0.{new string('#', digits - 1)}e+0" : $"G{digits}";
        return value.ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>A share as percent, with three significant digits.</summary>
    public static string Percent(double share) => Number(100 * share, 3) + " %";

    // An envelope has hundreds of budgets along its curves; fits.json has them all.
    private static IEnumerable<BudgetRecord> Some(IReadOnlyList<BudgetRecord> budgets)
    {
        const int most = 12;
        return budgets.Count <= most ? budgets : Enumerable.Range(0, most).Select(k => budgets[(int)Math.Round(k * (budgets.Count - 1.0) / (most - 1))]);
    }

    private static string Parameters(FitRecord fit)
    {
        bool evaluated = fit.StoppedBy == "evaluated";
        List<string[]> rows = [evaluated ? ["", "value", "", ""] : ["", "value", "std. error", $"{Number(100 * fit.Confidence, 4)} % interval"]];
        foreach ((string name, double value) in fit.Parameters)
        {
            rows.Add([name, Number(value, 9), evaluated ? "" : Error(fit.StandardErrors.GetValueOrDefault(name)), evaluated ? "" : Range(fit.Intervals.GetValueOrDefault(name))]);
        }

        foreach ((string name, DerivedRecord d) in fit.Derived)
        {
            rows.Add([name, Number(d.Value, 9), evaluated ? "" : Error(d.StandardError), (evaluated ? "" : Range(d.Interval)) + $"   {d.Meaning}"]);
        }

        int[] widths = [.. Enumerable.Range(0, 3).Select(c => rows.Max(r => r[c].Length))];
        StringBuilder text = new();
        foreach (string[] row in rows)
        {
            text.Append((FormattableString.Invariant($"  {row[0].PadRight(widths[0])}  {row[1].PadLeft(widths[1])}  {row[2].PadLeft(widths[2])}  {row[3]}").TrimEnd())).Append('\n');
        }

        return text.ToString();
    }

    private static IEnumerable<(string Topic, string Line)> Lines(FitRecord fit)
    {
        ObjectiveRecord o = fit.Objective;
        string argument = (o.Delta ?? o.OverWeight) is { } a ? $"({Number(a, 6)})" : "";
        yield return ("objective", $"{o.Name}{argument}, {o.Aggregation} over the points = {Number(o.Value, 12)}");
        if (fit.Goodness is { } g)
        {
            yield return ("closeness", Closeness(g));
        }

        if (fit.GoodnessPerGroup is { } p)
        {
            yield return ("per run", $"{Closeness(p)} (means over {p.Groups} runs)");
        }

        yield return ("points", Points(fit));
        yield return ("search", Search(fit));
        if (fit.CrossCheck is { } c)
        {
            yield return ("cross-check", $"{c.Method}: {c.StartsAtOptimum} of {c.Starts} starts at the optimum, best objective {Number(c.Value, 12)}, {Number(c.RelativeDifference, 3)} relative to the above");
        }

        if (fit.Uncertainty is { } uncertainty)
        {
            yield return ("uncertainty", uncertainty);
        }

        foreach (BudgetRecord b in Some(fit.BudgetOptima))
        {
            yield return ("budget", $"C = {Number(b.Compute, 5)}: N = {Number(b.N, 6)}, D = {Number(b.D, 6)}{(b.Loss is { } l ? $", loss = {Number(l, 6)}" : "")} from {b.Points} points");
        }

        if (fit.BudgetOptima.Count > Some(fit.BudgetOptima).Count())
        {
            yield return ("budgets", string.Create(CultureInfo.InvariantCulture, $"{Some(fit.BudgetOptima).Count()} of {fit.BudgetOptima.Count} shown; --out writes them all"));
        }

        foreach (MinimumRecord m in fit.OtherMinima.Take(3))
        {
            yield return ("other minimum", $"objective {Number(m.Value, 12)} ({m.Starts} starts): {string.Join(", ", m.Parameters.Select(q => $"{q.Key} = {Number(q.Value, 6)}"))}");
        }

        if (fit.Holdout is { } h)
        {
            yield return ("hold-out", Holdout(h));
        }

        yield return ("conventions", string.Join("; ", fit.Conventions.Select(q => $"{q.Key} = {q.Value}")));
        foreach (string warning in fit.Warnings)
        {
            yield return ("warning", warning);
        }
    }

    private static string Closeness(Goodness g) =>
        $"R^2 = {(g.R2 is { } r ? Number(r, 6) : "undefined")}, mean absolute error {Number(g.MeanAbsoluteError, 4)}, RMSE {Number(g.RootMeanSquareError, 4)}, mean relative error {Percent(g.MeanRelativeError)}, worst {Percent(g.WorstRelativeError)}";

    private static string Points(FitRecord fit)
    {
        long left = fit.ExcludedCounts.Values.Sum();
        string fitted = string.Create(CultureInfo.InvariantCulture, $"{fit.Points} {(fit.StoppedBy == "evaluated" ? "evaluated" : "fitted")}");
        if (left == 0)
        {
            return $"{fitted}, none left out";
        }

        string rules = string.Join("; ", fit.ExcludedCounts.Select(r =>
        {
            ExcludedRecord[] rows = [.. fit.Excluded.Where(e => e.Rule == r.Key).Take(RowsNamed)];
            string more = r.Value > rows.Length ? ", ..." : "";
            return string.Create(CultureInfo.InvariantCulture, $"{r.Value} by \"{r.Key}\": {Names(rows)}{more}");
        }));
        return string.Create(CultureInfo.InvariantCulture, $"{fitted}, {left} left out: {rules}");
    }

    /// <summary>Rows of one file are named by its name once and then by their lines.</summary>
    private static string Names(ExcludedRecord[] rows)
    {
        string[] files = [.. rows.Select(r => r.Row[..(r.Row.LastIndexOf(':') + 1)]).Distinct()];
        bool lines = files is [{ Length: > 0 } file] && rows.All(r => r.Row.Length > file.Length && char.IsAsciiDigit(r.Row[file.Length]));
        string lead = lines ? $"{files[0][..^1]} line{(rows.Length == 1 ? "" : "s")} " : "";
        return lead + string.Join(", ", rows.Select(r => (lines ? r.Row[files[0].Length..] : r.Row) + (r.Detail is { } d ? $" ({d})" : "")));
    }

    private static string Search(FitRecord fit)
    {
        if (fit.Converged is not { } converged)
        {
            return "none: the parameters were given";
        }

        string condition = fit.ConditionNumber is { } k ? $", condition number {Number(k, 3)}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{(converged ? "converged" : "NOT CONVERGED")} ({fit.StoppedBy}), {fit.StartsAtOptimum} of {fit.Starts} starts at the optimum{condition}");
    }

    private static string Holdout(HoldoutRecord h)
    {
        string distance = h.DistanceVariable is { } v ? $" by a factor of {Number(h.Distance, 3)} in {v}" : "";
        string direction = h.MeanSignedRelativeError > 0 ? "too high" : "too low";
        string one = h.Rows.Count is > 0 and <= 4
            ? string.Concat(h.Rows.Select(r => $"; {r.Row}: predicted {Number(r.Predicted, 10)}, observed {Number(r.Observed, 10)}, {Percent(r.RelativeError)}"))
            : "";
        return string.Create(CultureInfo.InvariantCulture, $"{h.Rule}: {h.Points} rows, {h.Kind}{distance}; mean relative error {Percent(h.MeanRelativeError)}, worst {Percent(h.WorstRelativeError)}, on average {Percent(Math.Abs(h.MeanSignedRelativeError))} {direction}{one}");
    }

    private static string Error(double? error) => error is { } e ? Number(e, 4) : "-";

    private static string Range(double[]? interval) => interval is [var low, var high] ? $"[{Number(low, 6)}, {Number(high, 6)}]" : "-";

    private static void AppendWrapped(StringBuilder text, string topic, string line)
    {
        const int Indent = 17;
        string lead = $"  {topic}".PadRight(Indent);
        int width = Indent;
        text.Append(lead);
        bool first = true;
        foreach (string word in line.Split(' '))
        {
            if (!first && width + 1 + word.Length > WidestLine)
            {
                text.Append('\n').Append(' ', Indent);
                width = Indent;
                first = true;
            }

            if (!first)
            {
                text.Append(' ');
                width++;
            }

            text.Append(word);
            width += word.Length;
            first = false;
        }

        text.Append('\n');
    }
}
