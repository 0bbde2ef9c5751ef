using Harness.Reporting.Tables.Selection;
using Harness.Scaling;

namespace Harness.Cli.Fitting;

/// <summary>Which columns the laws of a request need from the tables.</summary>
internal static class PointsNeeded
{
    // Their work grows faster than the rows, or all rows of a curve are needed at once.
    private const int MostOfSlowLaws = 1_000_000;

    public static PointsQuery Of(FitRequest request)
    {
        HashSet<string> needed = new(StringComparer.Ordinal);
        HashSet<string> positive = new(StringComparer.Ordinal) { "n", "d", "c" };
        HashSet<string> optional = new(StringComparer.Ordinal);
        bool curves = false;
        foreach (string name in request.Laws)
        {
            Law? law = LawNames.Find(name);
            string target = law?.Target ?? "loss";
            foreach (string variable in law?.Variables ?? ["n", "d", "c"])
            {
                (law?.Missing(variable) is null ? needed : optional).Add(variable);
                if (law is not null && !law.Accepts(variable, 0) && !law.Accepts(variable, -1))
                {
                    positive.Add(variable);
                }
            }

            needed.Add(target);
            curves |= law?.Variables.Contains("lr") ?? false;
            if (request.ObjectiveOf(law).OnLogarithms || law is null || law.HasPositiveTarget)
            {
                positive.Add(target);
            }
        }

        if (HoldoutRule.Largest(request.Holdout) is { } largest)
        {
            needed.Add(largest);
        }

        if (request.DropHighest > 0 || request.MeanLast is not null)
        {
            needed.Add("loss");
        }

        if (request.MeanLast is not null && request.Group is null)
        {
            throw new UserMistakeException("--mean-last: it is not said which rows belong to one run; a column is needed; add --group COLUMN.");
        }

        string[] frontiers = [.. request.Laws.Where(l => LawNames.Find(l) is null)];
        bool slow = frontiers.Length > 0 || curves;
        return new PointsQuery
        {
            Files = request.Files,
            Columns = OneVariable(request.Columns, needed),
            Needed = needed,
            Optional = optional,
            Positive = positive,
            Where = request.Where,
            HeldOut = HoldoutRule.Filter(request.Holdout),
            DropHighest = request.DropHighest,
            MeanLast = request.MeanLast,
            Group = request.Group,
            GroupByFile = curves,
            ClusterBy = curves || request.Laws.Contains("envelope") ? null : "trunk", // an envelope's groups are loss curves
            Schedule = curves ? request.Schedule : null,
            Duplicates = request.Duplicates,
            MostPoints = slow ? MostOfSlowLaws : PointsQuery.MostOfAll,
            MostPointsReason = slow ? $" by {(frontiers.Length > 0 ? string.Join(" and ", frontiers) : "laws of loss curves")}" : "",
        };
    }

    /// <summary>A law of one variable x takes the only one of n, d and c that was named, when no x was.</summary>
    private static IReadOnlyDictionary<string, string> OneVariable(IReadOnlyDictionary<string, string> columns, HashSet<string> needed)
    {
        string[] named = [.. columns.Keys.Where(k => k is "n" or "d" or "c")];
        return needed.Contains("x") && !columns.ContainsKey("x") && named.Length == 1
            ? new Dictionary<string, string>(columns) { ["x"] = columns[named[0]] }
            : columns;
    }
}
