using Harness.Core.Runs;
using Harness.Sweeps.Requests;

namespace Harness.Sweeps.Planning;

/// <summary>A sweep read, expanded and checked: every run with its derived numbers and costs. Made by <see cref="SweepReader"/>; changes nothing.</summary>
public sealed record SweepPlan
{
    /// <summary>The sweep's name as the user wrote it, made printable.</summary>
    public required string Name { get; init; }

    /// <summary>The folder name made of it: lower-case letters, digits, dot, dash and underscore, 1 to 64 of them, never a reserved name.</summary>
    public required string Slug { get; init; }

    /// <summary>What the sweep is to find out, made printable; null if it doesn't say.</summary>
    public string? Question { get; init; }

    /// <summary>The sweep file as the user named it.</summary>
    public required string File { get; init; }

    /// <summary>The sweep file's text, verbatim but for a byte-order mark.</summary>
    public required string Source { get; init; }

    /// <summary>The overrides, as given with <c>--set</c>.</summary>
    public IReadOnlyList<string> Overrides { get; init; } = [];

    /// <summary>The runs, in the sweep's order, each once.</summary>
    public required IReadOnlyList<PlannedRun> Runs { get; init; }

    /// <summary>What a plan prints about each run, in the same order.</summary>
    public required IReadOnlyList<RunFigures> Figures { get; init; }

    /// <summary>Sums.</summary>
    public required PlanTotals Totals { get; init; }

    /// <summary>Keys that nobody gave, with the value that was used, or its range over the runs.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Defaults { get; init; } = [];

    /// <summary>What the reader did that the user should know: runs merged or left out, overrides.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>How to execute the runs.</summary>
    public required ExecutionRequest Execution { get; init; }

    /// <summary>What to fit afterwards.</summary>
    public required FitRequest Fit { get; init; }

    /// <summary>What is saved because runs branch off others; null if none does.</summary>
    public TrunkSavings? Savings { get; init; }

    /// <summary>
    /// Estimated seconds until the last run ends when workers pull the longest run that can be begun first (within 4/3 of the best possible where runs are independent; Graham 1969),
    /// or null without estimates.
    /// </summary>
    /// <param name="workers">Runs side by side, at least 1.</param>
    /// <param name="done">Runs that need no more time.</param>
    public double? WallSeconds(int workers, IReadOnlySet<RunId>? done = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        return Figures.Any(f => f.Seconds is null && done?.Contains(f.Id) != true)
            ? null
            : Timetable.End([.. Runs.Zip(Figures).Where(r => done?.Contains(r.First.Id) != true).Select(r => (r.First, r.Second.Seconds!.Value))], workers);
    }
}

/// <summary>A plan, or every reason why there is none.</summary>
/// <param name="Plan">The plan; null if there is any problem.</param>
/// <param name="Problems">All problems, sorted by line; empty if there is a plan.</param>
public sealed record SweepReading(SweepPlan? Plan, IReadOnlyList<Problem> Problems);
