using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Execution.Files;
using Harness.Execution.Store;
using Harness.Execution.Workers;

namespace Harness.Execution.Claims;

/// <summary>
/// Hands a worker the next run that nobody has, largest training compute first (its own: what a trunk does for it is not counted, so that trunks come before
/// their branches), and clears away the attempts of the dead on the way. A branch is passed over until its trunk has got there.
/// </summary>
internal sealed class RunQueue
{
    private readonly RunStore _store;
    private readonly IFileLayer _files;
    private readonly ClaimTerms _terms;
    private readonly OwnerWatch _watch;
    private readonly AttemptFence _fence;
    private readonly RunClaim _claim;
    private readonly List<PlannedRun> _open;
    private readonly Dictionary<RunId, StackShape> _shapes = [];

    public RunQueue(RunStore store, WorkerScratch scratch, ClaimTerms terms, TimeProvider time)
    {
        _store = store;
        _files = store.Files;
        _terms = terms;
        _watch = new OwnerWatch(time, terms.StaleAfter);
        _fence = new AttemptFence(_files, scratch, time);
        _claim = new RunClaim(store, scratch, terms, _fence, time);
        _open = [.. store.Runs.OrderByDescending(Compute)];
    }

    /// <summary>Whether the last <see cref="TryTake(Func{PlannedRun, int?, bool}?)"/> left runs behind that others have, or that were not admitted.</summary>
    public bool OthersAreBusy { get; private set; }

    /// <summary>The next run, or null if there is none to be had now.</summary>
    /// <param name="admits">Whether a run that nobody has may be taken now, and the largest company that it may be in; null takes any.</param>
    public ClaimedRun? TryTake(Func<PlannedRun, int?, bool>? admits = null)
    {
        OthersAreBusy = false;
        for (var i = 0; i < _open.Count; i++)
        {
            var run = _open[i];
            var taken = TryTake(run, out var settled, admits is null ? null : verdict => admits(run, verdict.MostTogether));
            if (taken is not null)
            {
                return taken;
            }

            if (settled)
            {
                _open.RemoveAt(i--);
            }
            else
            {
                OthersAreBusy = true;
            }
        }

        return null;
    }

    /// <summary>Runs that could be trained together with one, itself included, as far as this worker knows: some may be taken or done.</summary>
    public int CountMates(ClaimedRun claimed) => 1 + _open.Count(r => IsMate(r, claimed.Run));

    /// <summary>Runs that this worker has not seen finished, those of others included.</summary>
    public int OpenCount => _open.Count;

    /// <summary>Takes runs of the shape of a claimed one that nobody has and that may go into a stack of that size.</summary>
    /// <param name="claimed">The first of the stack.</param>
    /// <param name="members">Runs of the stack, the first included.</param>
    public IReadOnlyList<ClaimedRun> TakeMates(ClaimedRun claimed, int members)
    {
        var mates = new List<ClaimedRun>();
        foreach (var run in _open.Where(r => IsMate(r, claimed.Run)).ToList())
        {
            if (mates.Count + 1 >= members)
            {
                break;
            }

            var mate = TryTake(run, out _, v => (v.MostTogether ?? int.MaxValue) >= members && v.MicroBatchSequences == claimed.Claim.MicroBatchSequences);
            if (mate is not null)
            {
                mates.Add(mate);
            }
        }

        return mates;
    }

    /// <summary>Whether another run has the shape of one; the quick comparisons first, since a shape is a long text.</summary>
    private bool IsMate(PlannedRun other, PlannedRun run) =>
        other.Id != run.Id
        && other.Spec.Training.Steps == run.Spec.Training.Steps && other.Spec.Training.BatchTokens == run.Spec.Training.BatchTokens && other.Spec.Model == run.Spec.Model
        && ShapeOf(other) == ShapeOf(run);

    private StackShape ShapeOf(PlannedRun run)
    {
        if (!_shapes.TryGetValue(run.Id, out var shape))
        {
            _shapes[run.Id] = shape = StackShape.Of(run.Spec);
        }

        return shape;
    }

    private ClaimedRun? TryTake(PlannedRun run, out bool settled, Func<Verdict, bool>? suits = null)
    {
        settled = false;
        var folder = _store.FolderOf(run.Id);
        var look = RunLook.At(_files, folder);
        if (look.Unusable is not null)
        {
            settled = true; // status and the orchestrator say why; the others go on
            return null;
        }

        if (look.Result is not null && look.Unpublished is null)
        {
            settled = true;
            return null;
        }

        if (look.ResultDamage is not null)
        {
            SetAside(folder, look);
        }

        if (look.Unpublished is { } finished)
        {
            AttemptEnding.Publish(_files, folder, finished);
            settled = true;
            return null;
        }

        if (look.Open is { } open)
        {
            if (_watch.WhyDead(run.Id, open.Number, look.Claim, look.Heartbeat) is not { } death)
            {
                return null;
            }

            _fence.End(open, look.Claim, death);
            _watch.Forget(run.Id, open.Number);
            look = RunLook.At(_files, folder);
            if (look.Open is not null || look.Unpublished is not null || look.Result is not null)
            {
                return null; // Someone was faster; the next look tells what it is now.
            }
        }

        var verdict = _terms.Budget.Judge(look.Outcomes, BatchSequences(run.Spec), _terms.MicroBatchSequences);
        if (!verdict.CanGoOn)
        {
            settled = true;
            return null;
        }

        if (suits?.Invoke(verdict) == false)
        {
            return null;
        }

        var start = _store.Trunks.StartOf(run, look, _terms.Budget, thorough: true);
        return start.WaitsFor is null ? _claim.TryMake(run, folder, look, verdict, start) : null;
    }

    /// <summary>Moves a damaged result out of the way, where it can be looked at; the run is then trained again from its newest checkpoint.</summary>
    private void SetAside(RunFolder folder, RunLook look)
    {
        try
        {
            _files.Replace(folder.ResultPath, System.IO.Path.Combine(look.Last?.Path ?? folder.Path, "damaged-result.json"));
            _files.SyncFolder(folder.Path);
        }
        catch (FileNotFoundException)
        {
            // Another worker did it first.
        }
    }

    private static double Compute(PlannedRun run) => FlopsPerToken.Of(run.Spec.Model).SixN * (run.Spec.Training.Tokens - run.SharedTokens);

    internal static int BatchSequences(RunSpec spec) => Math.Max(1, spec.Training.BatchTokens / Math.Max(1, spec.Model.ContextLength));
}
