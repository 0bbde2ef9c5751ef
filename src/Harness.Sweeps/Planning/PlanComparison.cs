using Harness.Core.Runs;

namespace Harness.Sweeps.Planning;

/// <summary>What the run store knows about a run.</summary>
public enum StoredState
{
    /// <summary>Planned, or tried without leaving a checkpoint.</summary>
    Waiting,

    /// <summary>Has a checkpoint to go on from, or a worker on it.</summary>
    Started,

    /// <summary>Has a result, which may be that it diverged.</summary>
    Done,
}

/// <summary>A run of an earlier plan or of the store.</summary>
/// <param name="State">How far it is.</param>
/// <param name="Name">Its name then.</param>
/// <param name="Spec">Its spec; null if it can't be read any more, which leaves changes unexplained.</param>
public sealed record StoredRun(StoredState State, string Name, RunSpec? Spec);

/// <summary>What is to be done with a planned run.</summary>
public enum RunStanding
{
    /// <summary>Unknown to the store.</summary>
    New,

    /// <summary>Known, to be trained from the start.</summary>
    Waiting,

    /// <summary>Known, to be resumed.</summary>
    Resume,

    /// <summary>Finished; not trained again.</summary>
    Done,
}

/// <summary>A planned run against the store.</summary>
/// <param name="Id">The planned run.</param>
/// <param name="Standing">What is to be done.</param>
/// <param name="ChangedFrom">For a new run, the stored run that it seems to be an edit of, which the sweep no longer plans; else null.</param>
/// <param name="Changes">What was edited; empty without <paramref name="ChangedFrom"/>.</param>
public sealed record RunComparison(RunId Id, RunStanding Standing, RunId? ChangedFrom, IReadOnlyList<SpecChange> Changes);

/// <summary>An edited sweep against what was run before.</summary>
/// <param name="Runs">Every planned run, in the plan's order.</param>
/// <param name="Orphans">Stored runs that the sweep no longer plans. They are kept, and left out of its results.</param>
public sealed record PlanComparison(IReadOnlyList<RunComparison> Runs, IReadOnlyList<RunId> Orphans)
{
    /// <summary>Pairs past this many are not searched for the closest match; names and single edits still are.</summary>
    private const long MaxPairs = 200_000;

    /// <summary>Compares planned runs with the store's.</summary>
    public static PlanComparison Of(IReadOnlyList<PlannedRun> planned, IReadOnlyDictionary<RunId, StoredRun> stored)
    {
        ArgumentNullException.ThrowIfNull(planned);
        ArgumentNullException.ThrowIfNull(stored);
        var ids = planned.Select(r => r.Id).ToHashSet();
        var orphans = stored.Keys.Where(id => !ids.Contains(id)).OrderBy(id => id.Value, StringComparer.Ordinal).ToList();
        var origins = Match(
            [.. planned.Where(r => !stored.ContainsKey(r.Id))],
            [.. orphans.Where(id => stored[id].Spec is not null).Select(id => (id, stored[id].Name, stored[id].Spec!))]);
        return new PlanComparison([.. planned.Select(r => Compare(r, stored, origins))], orphans);
    }

    private static RunComparison Compare(PlannedRun run, IReadOnlyDictionary<RunId, StoredRun> stored, Dictionary<RunId, RunId> origins)
    {
        if (stored.TryGetValue(run.Id, out var known))
        {
            var standing = known.State switch
            {
                StoredState.Done => RunStanding.Done,
                StoredState.Started => RunStanding.Resume,
                _ => RunStanding.Waiting,
            };
            return new RunComparison(run.Id, standing, null, []);
        }

        return origins.TryGetValue(run.Id, out var from)
            ? new RunComparison(run.Id, RunStanding.New, from, SpecDifference.Between(stored[from].Spec!, run.Spec))
            : new RunComparison(run.Id, RunStanding.New, null, []);
    }

    /// <summary>Pairs each new run with an orphan: by one edited value, then by name, then by fewest edits. An orphan is used once.</summary>
    private static Dictionary<RunId, RunId> Match(List<PlannedRun> added, List<(RunId Id, string Name, RunSpec Spec)> orphans)
    {
        var result = new Dictionary<RunId, RunId>();
        if (added.Count == 0 || orphans.Count == 0)
        {
            return result;
        }

        var now = added.ToDictionary(r => r.Id, r => SpecDifference.Leaves(r.Spec));
        var then = orphans.ToDictionary(o => o.Id, o => SpecDifference.Leaves(o.Spec));
        var free = orphans.Select(o => o.Id).ToHashSet();
        void Pair(RunId run, RunId orphan)
        {
            result[run] = orphan;
            free.Remove(orphan);
        }

        var byAllButOne = new Dictionary<int, List<RunId>>();
        foreach (var orphan in orphans)
        {
            foreach (var signature in AllButOne(then[orphan.Id]))
            {
                (byAllButOne.TryGetValue(signature, out var list) ? list : byAllButOne[signature] = []).Add(orphan.Id);
            }
        }

        foreach (var run in added)
        {
            var candidates = AllButOne(now[run.Id]).SelectMany(s => byAllButOne.GetValueOrDefault(s) ?? []).Where(free.Contains).Take(64);
            foreach (var orphan in candidates.Where(o => SpecDifference.Between(then[o], now[run.Id]).Count == 1).Take(1).ToList())
            {
                Pair(run.Id, orphan);
            }
        }

        var byName = orphans.Where(o => free.Contains(o.Id)).GroupBy(o => o.Name).ToDictionary(g => g.Key, g => g.First().Id);
        foreach (var run in added.Where(r => !result.ContainsKey(r.Id)))
        {
            if (byName.TryGetValue(run.Name, out var orphan) && free.Contains(orphan))
            {
                Pair(run.Id, orphan);
            }
        }

        var rest = added.Where(r => !result.ContainsKey(r.Id)).ToList();
        if ((long)rest.Count * free.Count <= MaxPairs)
        {
            foreach (var run in rest)
            {
                var closest = free.Select(o => (Orphan: o, Edits: SpecDifference.Between(then[o], now[run.Id]).Count))
                    .Where(c => c.Edits <= now[run.Id].Count / 3).OrderBy(c => c.Edits).ThenBy(c => c.Orphan.Value, StringComparer.Ordinal).Take(1).ToList();
                closest.ForEach(c => Pair(run.Id, c.Orphan));
            }
        }

        return result;
    }

    /// <summary>For each leaf, a hash of all the others; two specs that differ in one value share one.</summary>
    private static IEnumerable<int> AllButOne(SortedDictionary<string, string> leaves)
    {
        var all = 0;
        foreach (var (key, value) in leaves)
        {
            all ^= HashCode.Combine(key, value);
        }

        return leaves.Select(l => HashCode.Combine(l.Key, all ^ HashCode.Combine(l.Key, l.Value)));
    }
}
