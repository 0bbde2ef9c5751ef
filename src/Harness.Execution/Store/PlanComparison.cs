using System.Text.Json.Nodes;
using Harness.Core;
using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Files;
using Harness.Execution.Status;

namespace Harness.Execution.Store;

/// <summary>What a planned run is to a store that may know it already.</summary>
public enum PlanStanding
{
    /// <summary>The store does not know it.</summary>
    New,

    /// <summary>The store has a run of this name with another spec, and this one replaces it in the plan.</summary>
    Changed,

    /// <summary>Planned before, without a result yet.</summary>
    Unfinished,

    /// <summary>It has its result and is not trained again.</summary>
    Done,

    /// <summary>It failed for good and is not tried again by itself.</summary>
    Failed,

    /// <summary>The store has it, the plan no longer does. It is kept on the disk, and left out of tables and fits.</summary>
    Orphaned,
}

/// <summary>One run of a plan or of a store, and why it is what it is.</summary>
/// <param name="Run">The run.</param>
/// <param name="Standing">What it is.</param>
/// <param name="Reason">Why, for people, such as <c>training.peak_lr: 0.003 became 0.001</c>.</param>
public sealed record PlanChange(PlannedRun Run, PlanStanding Standing, string Reason);

/// <summary>Compares a plan with what a results folder holds. Reads only.</summary>
public static class PlanComparison
{
    private const int DifferencesShown = 3;

    /// <summary>Every run of the plan in its order, then the orphans.</summary>
    /// <param name="folder">The sweep's folder; may not exist yet.</param>
    /// <param name="runs">The plan.</param>
    /// <param name="budget">Decides which runs count as failed.</param>
    /// <exception cref="StoreException">The folder's store is damaged or from a newer version.</exception>
    public static IReadOnlyList<PlanChange> Compare(string folder, IReadOnlyList<PlannedRun> runs, RetryBudget budget)
    {
        ArgumentNullException.ThrowIfNull(runs);
        if (!RunStore.Exists(folder))
        {
            return [.. runs.Select(r => new PlanChange(r, PlanStanding.New, "the sweep has not been run yet"))];
        }

        var store = RunStore.Open(folder);
        var standings = new StatusReader(store, budget);
        var known = store.Runs.ToDictionary(r => r.Id);
        var byName = store.Runs.ToDictionary(r => r.Name, StringComparer.Ordinal);
        var planned = runs.Select(r => r.Id).ToHashSet();
        var changes = new List<PlanChange>();
        foreach (var run in runs)
        {
            var standing = standings.Look(run).Standing;
            changes.Add(standing switch
            {
                { State: RunState.Done } => new PlanChange(run, PlanStanding.Done, "it has its result"),
                { State: RunState.Diverged } => new PlanChange(run, PlanStanding.Done, $"its result is that it diverged; {standing.Message}"),
                { State: RunState.Failed } => new PlanChange(run, PlanStanding.Failed, standing.Message ?? "its retries are used up"),
                _ when known.ContainsKey(run.Id) || standing.Attempts > 0 => new PlanChange(run, PlanStanding.Unfinished, Unfinished(standing)),
                _ when byName.TryGetValue(run.Name, out var old) => new PlanChange(run, PlanStanding.Changed, Differences(old.Spec, run.Spec)),
                _ => new PlanChange(run, PlanStanding.New, "the sweep did not have it before"),
            });
        }

        return [.. changes, .. Orphans(store, planned)];
    }

    /// <summary>Runs with a folder of their own or a place in the stored plan that the new plan does not have.</summary>
    private static IEnumerable<PlanChange> Orphans(RunStore store, HashSet<RunId> planned)
    {
        var seen = new HashSet<RunId>(planned);
        var dropped = store.Runs.Select(r => r.Id).Concat(
            store.Files.List(Path.Combine(store.Folder, "runs"))
                .Where(e => e.Kind == EntryKind.Folder && RunId.IsWellFormed(e.Name))
                .Select(e => new RunId(e.Name)));
        foreach (var id in dropped)
        {
            var folder = store.FolderOf(id);
            if (seen.Add(id) && SealedJson.Open(store.Files, folder.SpecPath, CoreJson.Default.PlannedRun).Content is { } run)
            {
                var result = RunLook.At(store.Files, folder).Result is null ? "it has no result" : "its result is kept";
                yield return new PlanChange(run, PlanStanding.Orphaned, $"the sweep no longer has it; {result}");
            }
        }
    }

    private static string Unfinished(RunStanding standing) => standing.State switch
    {
        RunState.Running => $"it is being trained ({standing.Worker})",
        RunState.Interrupted => $"it goes on from its newest checkpoint ({standing.Message})",
        _ => "planned before, not begun yet",
    };

    private static string Differences(RunSpec old, RunSpec now)
    {
        var before = Leaves(JsonNode.Parse(RunId.CanonicalForm(old)), "").ToDictionary(l => l.Path, l => l.Value);
        var after = Leaves(JsonNode.Parse(RunId.CanonicalForm(now)), "").ToDictionary(l => l.Path, l => l.Value);
        var differences = before.Keys.Union(after.Keys)
            .Where(k => before.GetValueOrDefault(k) != after.GetValueOrDefault(k))
            .Select(k => $"{k}: {before.GetValueOrDefault(k) ?? "nothing"} became {after.GetValueOrDefault(k) ?? "nothing"}")
            .ToList();
        var more = differences.Count > DifferencesShown ? $", and {differences.Count - DifferencesShown} more" : "";
        return differences.Count == 0 ? "the training code changed" : string.Join(", ", differences.Take(DifferencesShown)) + more;
    }

    private static IEnumerable<(string Path, string Value)> Leaves(JsonNode? node, string path) => node switch
    {
        JsonObject o => o.SelectMany(p => Leaves(p.Value, path.Length == 0 ? p.Key : $"{path}.{p.Key}")),
        _ => [(path, node?.ToJsonString() ?? "null")],
    };
}
