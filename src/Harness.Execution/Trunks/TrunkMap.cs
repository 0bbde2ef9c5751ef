using System.Globalization;
using Harness.Core.Runs;
using Harness.Execution.Attempts;
using Harness.Execution.Claims;
using Harness.Execution.Store;

namespace Harness.Execution.Trunks;

/// <summary>
/// Which runs of a plan branch off which, and what that means for a run at this moment. A trunk keeps an ordinary checkpoint (same protocol, verified by length and
/// SHA-256, with the training curve before it) after each step where a run branches off, until the last such run has its result. Nobody waits for a checkpoint that
/// won't come: a branch whose trunk failed or diverged before that step, or whose checkpoint is damaged or missing, is trained from its own start. (One whose trunk diverged
/// will diverge at the same step where the bits repeat; that is measured and not assumed, and costs at most the steps up to there.)
/// </summary>
internal sealed class TrunkMap
{
    private readonly RunStore _store;
    private readonly Dictionary<RunId, PlannedRun> _trunks = [];
    private readonly ILookup<RunId, PlannedRun> _branches;

    public TrunkMap(RunStore store)
    {
        _store = store;
        _branches = store.Runs.Where(r => r.Branch is not null).ToLookup(r => r.Branch!.Trunk);
        foreach (var run in store.Runs.Where(r => _branches.Contains(r.Id)))
        {
            _trunks[run.Id] = run;
        }
    }

    /// <summary>What an attempt at a run must know of the others.</summary>
    public Lineage LineageOf(PlannedRun run, BranchStart start) => run.Branch is null && !_branches.Contains(run.Id) ? Lineage.None : new Lineage
    {
        Trunk = start.Snapshot is null ? null : run.Branch!.Trunk,
        Snapshot = start.Snapshot,
        BranchSteps = _branches[run.Id].Select(b => b.Branch!.Step).ToHashSet(),
        HasUndoneBranch = step => HasUndoneBranch(run.Id, step),
    };

    /// <summary>From where a run can begin or go on now.</summary>
    /// <param name="run">The run.</param>
    /// <param name="look">What its folder shows; no attempt of it is open.</param>
    /// <param name="budget">Decides whether its trunk is tried again.</param>
    /// <param name="thorough">Whether to hold the trunk's checkpoint against its hash; else its presence will do.</param>
    public BranchStart StartOf(PlannedRun run, RunLook look, RetryBudget budget, bool thorough)
    {
        if (run.Branch is not { } branch || !_trunks.TryGetValue(branch.Trunk, out var trunk))
        {
            return BranchStart.ByItself;
        }

        var step = branch.Step.ToString(CultureInfo.InvariantCulture);
        var seen = RunLook.At(_store.Files, _store.FolderOf(branch.Trunk));
        var kept = CheckpointFolder.In(_store.Files, seen.Attempts);
        if (look.Attempts.Any(a => a.HasCheckpoints))
        {
            return kept.FirstOrDefault(c => c.Step == branch.Step) is { } older ? BranchStart.On(older) : BranchStart.ByItself;
        }

        string? damage = null;
        foreach (var snapshot in kept.Where(c => c.Step == branch.Step))
        {
            if (!thorough || snapshot.Verify(_store.Files) is not { Damage: { } found })
            {
                return BranchStart.On(snapshot);
            }

            damage = found;
        }

        if (damage is not null)
        {
            return BranchStart.Alone($"the checkpoint of step {step} of its trunk {trunk.Name} is damaged: {damage}");
        }

        if (seen.Unusable is { } unusable)
        {
            return BranchStart.Alone($"its trunk {trunk.Name} can't be trained: {unusable}");
        }

        if (seen.Result is { } result)
        {
            return BranchStart.Alone(result.DivergedAtStep is { } diverged
                ? $"its trunk {trunk.Name} diverged at step {diverged.ToString(CultureInfo.InvariantCulture)}, before step {step}"
                : $"its trunk {trunk.Name} ended without keeping a checkpoint of step {step}");
        }

        if (seen.Open is null && !budget.Judge(seen.Outcomes, RunQueue.BatchSequences(trunk.Spec), microBatchSequences: null).CanGoOn)
        {
            return BranchStart.Alone($"its trunk {trunk.Name} failed before step {step}: {seen.Outcomes[^1].Message}");
        }

        return kept.Any(c => c.Step > branch.Step)
            ? BranchStart.Alone($"its trunk {trunk.Name} passed step {step} without keeping a checkpoint")
            : BranchStart.Later($"waits for its trunk {trunk.Name} to reach step {step}");
    }

    /// <summary>
    /// Removes the checkpoints of a finished trunk that no branch needs any more, but the newest, which every finished run keeps. Anyone may do it, any number of times: an open
    /// attempt is left to its own worker.
    /// </summary>
    public void Tidy(RunId trunk)
    {
        var look = RunLook.At(_store.Files, _store.FolderOf(trunk));
        if (look.Result is null || look.Open is not null)
        {
            return;
        }

        var steps = _branches[trunk].Select(b => b.Branch!.Step).ToHashSet();
        foreach (var old in CheckpointFolder.In(_store.Files, look.Attempts).Skip(1).Where(c => steps.Contains(c.Step) && !HasUndoneBranch(trunk, c.Step)))
        {
            old.Remove(_store.Files);
        }
    }

    /// <summary>Does <see cref="Tidy"/> for every trunk, for workers that died before they could.</summary>
    public void TidyAll()
    {
        foreach (var trunk in _trunks.Keys)
        {
            Tidy(trunk);
        }
    }

    private bool HasUndoneBranch(RunId trunk, long step) =>
        _branches[trunk].Any(b => b.Branch!.Step == step && RunLook.At(_store.Files, _store.FolderOf(b.Id)).Result is null);
}
