using Harness.Reporting.Tables;
using Harness.Reporting.Tables.Selection;
using Harness.Scaling;

namespace Harness.Cli.Fitting;

/// <summary>Reads <c>--holdout</c>: <c>largest-n</c>, a random share, or any row filter.</summary>
internal static class HoldoutRule
{
    private const string Prefix = "largest-";

    /// <summary>The variable of <c>largest-n</c>; null for other rules.</summary>
    public static string? Largest(string? rule) =>
        rule is not null && rule.StartsWith(Prefix, StringComparison.Ordinal) && rule.Length > Prefix.Length ? rule[Prefix.Length..] : null;

    /// <summary>The row filter; null for other rules.</summary>
    public static string? Filter(string? rule)
    {
        if (rule is null || Largest(rule) is not null || Numbers.TryParse(rule, out _))
        {
            return null;
        }

        return rule.AsSpan().IndexOfAny("=<>") >= 0
            ? rule
            : throw new UserMistakeException($"--holdout: '{rule}' is not known; there is largest-n, largest-d, largest-c, COLUMN=VALUE, and a share such as 0.2; use one of these.");
    }

    public static Holdout? Of(FitRequest request, PointsTable table)
    {
        string? rule = request.Holdout;
        if (rule is null)
        {
            return null;
        }

        if (Largest(rule) is { } variable)
        {
            return Holdout.Largest(variable);
        }

        if (Filter(rule) is null)
        {
            return Holdout.Fraction(Value.Share("--holdout", rule)!.Value, request.Options.Seed);
        }

        return table.Points.Column(PointsTable.HeldColumn).Any(held => held > 0)
            ? new Holdout(rule, points => Marked(points.Column(PointsTable.HeldColumn)))
            : throw new UserMistakeException($"--holdout: no row of {request.Files[0]} fulfils {rule}; at least one must; correct the rule.");
    }

    private static int[] Marked(double[] held) => [.. Enumerable.Range(0, held.Length).Where(i => held[i] > 0)];
}
