using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Files;
using Harness.Execution.Status;
using Harness.Execution.Store;
using Harness.Execution.Workers;

namespace Harness.Execution.Orchestration;

/// <summary>
/// Runs a sweep on this machine: keeps a worker process in every slot while there is work, replaces those that die, clears away what dead
/// ones (also of an earlier orchestrator, also of other machines) left behind, and reports. It trains nothing and holds nothing that isn't on the disk, so it can die at any moment.
/// </summary>
public sealed class Orchestrator
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    private readonly RunStore _store;
    private readonly WorkerCommand _command;
    private readonly OrchestratorOptions _options;
    private readonly TimeProvider _time;
    private readonly List<Slot> _slots;
    private readonly StatusReader _status;
    private readonly OwnerWatch _watch;
    private readonly WorkDone _work;
    private readonly List<string> _news = [];
    private readonly long _began;
    private bool _stopping;
    private TimeSpan? _orphansSince;

    /// <summary>An orchestrator; nothing is started yet.</summary>
    /// <param name="store">The sweep.</param>
    /// <param name="command">Starts a worker.</param>
    /// <param name="options">Slots, budgets, times.</param>
    /// <param name="time">Clock and timestamps; the system's by default.</param>
    public Orchestrator(RunStore store, WorkerCommand command, OrchestratorOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(options);
        _store = store;
        _command = command;
        _options = options;
        _time = time ?? TimeProvider.System;
        _began = _time.GetTimestamp();
        _slots = [.. options.Slots.Select(s => new Slot(s))];
        _status = new StatusReader(store, options.Budget);
        _watch = new OwnerWatch(_time, options.StaleAfter);
        _work = new WorkDone(store.Runs);
    }

    private TimeSpan Elapsed => _time.GetElapsedTime(_began);

    /// <summary>Runs the sweep until every run has a result or failed, or until it is stopped. Blocks.</summary>
    /// <param name="show">Gets a snapshot about once a second and a last one at the end, on the calling thread.</param>
    /// <param name="stop">Cancelled to let workers save their runs and end.</param>
    /// <param name="atOnce">Cancelled to kill them.</param>
    /// <exception cref="StoreException">Another orchestrator of this machine runs the sweep, or no worker can be started.</exception>
    public SweepOutcome Run(Action<SweepSnapshot> show, CancellationToken stop, CancellationToken atOnce)
    {
        ArgumentNullException.ThrowIfNull(show);
        using var scratch = new WorkerScratch(_store.Files, _store.WorkersFolder, ProcessIdentity.Current);
        using var record = OrchestratorRecord.Enter(_store, scratch, _options.BesideOthers);
        var fence = new AttemptFence(_store.Files, scratch, _time);
        try
        {
            _store.RemoveLeftovers();
            var problem = Loop(show, fence, stop, atOnce);
            _store.RemoveLeftovers();
            var final = Snapshot(Look());
            show(final);
            return new SweepOutcome(CodeOf(final, problem), final, problem);
        }
        finally
        {
            foreach (var slot in _slots)
            {
                slot.Worker?.Kill();
                slot.Worker?.Dispose();
            }
        }
    }

    private string? Loop(Action<SweepSnapshot> show, AttemptFence fence, CancellationToken stop, CancellationToken atOnce)
    {
        var nextLook = TimeSpan.Zero;
        TimeSpan? killAt = null;
        while (true)
        {
            var ended = Reap(fence);
            if (ended || Elapsed >= nextLook)
            {
                var looks = Look();
                EndTheDead(looks, fence);
                show(Snapshot(looks));
                nextLook = Elapsed + _options.SnapshotEvery;
                if (!_stopping && looks.All(l => l.Standing.IsFinal))
                {
                    killAt ??= Elapsed + _options.Grace;
                }
                else if (!_stopping)
                {
                    StartWorkers(looks);
                    if (WhyNothingCanGoOn(looks) is { } problem)
                    {
                        return problem;
                    }
                }
            }

            if (stop.IsCancellationRequested && !_stopping)
            {
                _stopping = true;
                killAt = Elapsed + _options.Grace;
                _news.Add("stopping: workers save their runs; a second signal ends them at once");
                Each(worker => worker.AskToStop());
            }

            if (atOnce.IsCancellationRequested || Elapsed > killAt)
            {
                Each(worker => worker.Kill());
            }

            if ((_stopping || killAt is not null) && _slots.All(s => s.Worker is null))
            {
                return null;
            }

            Thread.Sleep(Tick);
        }
    }

    /// <summary>Takes leave of workers that ended, and ends the attempts of those that could not. True if there were any.</summary>
    private bool Reap(AttemptFence fence)
    {
        var any = false;
        foreach (var slot in _slots)
        {
            if (slot.Worker is not { HasExited: true } worker)
            {
                continue;
            }

            any = true;
            var death = worker.Death();
            var itsRun = _stopping ? new Death(FailureCause.Preempted, "stopped before it could save") : death.ForItsRun();
            foreach (var (_, look) in Look())
            {
                if (look?.Open is { } open && look.Claim is { } claim && claim.Process == worker.Identity)
                {
                    worker.TookARun = true;
                    fence.End(open, claim, itsRun);
                }
            }

            slot.Worker = null;
            Judge(slot, worker, death);
            worker.Dispose();
        }

        return any;
    }

    /// <summary>Decides whether a slot gets another worker, and when.</summary>
    private void Judge(Slot slot, WorkerProcess worker, WorkerDeath death)
    {
        if (_stopping || death.ExitCode == (int)WorkerEnd.NothingLeft)
        {
            return;
        }

        var place = $"worker {slot.Place.Index} ({slot.Place.Device}, process {worker.Pid})";
        switch ((WorkerEnd)death.ExitCode)
        {
            case WorkerEnd.DeviceFault:
                foreach (var other in _slots.Where(s => s.Place.Device == slot.Place.Device))
                {
                    other.GivenUp = $"device {slot.Place.Device} failed and is set aside";
                    other.Worker?.AskToStop();
                }

                _news.Add($"device {slot.Place.Device} failed and is set aside; its runs go elsewhere");
                return;
            case WorkerEnd.BadInput:
                slot.GivenUp = $"{place} could not work: {death.LastWords}";
                _news.Add(slot.GivenUp);
                return;
            case WorkerEnd.OutOfMemory:
                _news.Add($"{place} ran out of memory; its run goes on with half the micro-batch");
                worker.TookARun = true; // it ended its attempt itself, which may be sooner than anyone looked: such a worker is not stillborn
                break;
            default:
                _news.Add($"{place} {death.Describe()}");
                break;
        }

        slot.Stillborn = worker.TookARun ? 0 : slot.Stillborn + 1;
        slot.NotBefore = Elapsed + TimeSpan.FromSeconds(worker.TookARun ? 0 : Math.Pow(2, slot.Stillborn - 1) / 2);
        if (slot.Stillborn >= _options.StillbornLimit)
        {
            slot.GivenUp = $"{place} {death.Describe()}, {slot.Stillborn} times before it took a run";
        }
    }

    private List<(RunStanding Standing, RunLook? Look)> Look()
    {
        var looks = new List<(RunStanding, RunLook?)>(_store.Runs.Count);
        foreach (var run in _store.Runs)
        {
            looks.Add(_status.Look(run));
        }

        return looks;
    }

    /// <summary>Ends attempts whose worker is gone, here or elsewhere, publishes what one finished at its last breath, and kills a worker of ours that is stuck.</summary>
    private void EndTheDead(List<(RunStanding Standing, RunLook? Look)> looks, AttemptFence fence)
    {
        foreach (var (standing, look) in looks)
        {
            if (look?.Unpublished is { } finished && look.ResultDamage is null)
            {
                AttemptEnding.Publish(_store.Files, _store.FolderOf(standing.Run.Id), finished);
            }

            if (look?.Open is not { } open)
            {
                continue;
            }

            var ours = _slots.Find(s => s.Worker?.Identity is { } id && id == look.Claim?.Process)?.Worker;
            if (ours is not null)
            {
                ours.TookARun = true;
            }

            if (ours is { HasExited: true } || _watch.WhyDead(standing.Run.Id, open.Number, look.Claim, look.Heartbeat) is not { } death)
            {
                continue;
            }

            if (ours is not null)
            {
                _news.Add($"worker {ours.Slot.Index} (process {ours.Pid}) is stuck and is killed: {death.Message}");
                ours.Kill();
            }
            else
            {
                fence.End(open, look.Claim, death);
            }

            _watch.Forget(standing.Run.Id, open.Number);
        }
    }

    private void StartWorkers(List<(RunStanding Standing, RunLook? Look)> looks)
    {
        if (OrphansStillWork(looks))
        {
            return;
        }

        var busy = looks.Select(l => l.Look?.Claim?.Process).Where(p => p is not null).ToHashSet();
        var idle = _slots.Count(s => s.Worker is { } worker && !busy.Contains(worker.Identity));
        var wanted = looks.Count(l => l.Standing.State is RunState.Queued or RunState.Interrupted) - idle;
        foreach (var slot in _slots)
        {
            if (wanted > 0 && slot is { Worker: null, GivenUp: null } && Elapsed >= slot.NotBefore)
            {
                slot.Worker = WorkerProcess.Start(_command, slot.Place);
                wanted--;
            }
        }
    }

    /// <summary>
    /// Workers of an orchestrator that died save their runs and end by themselves; until then their devices are not free. One that outlasts
    /// the grace time is killed.
    /// </summary>
    private bool OrphansStillWork(List<(RunStanding Standing, RunLook? Look)> looks)
    {
        var any = false;
        foreach (var (_, look) in looks)
        {
            if (look?.Open is null
                || ProcessIdentity.Parse(look.Claim?.Process) is not { } process
                || process.Look() != Liveness.Alive
                || ProcessIdentity.Parse(look.Claim?.Orchestrator)?.Look() != Liveness.Dead)
            {
                continue;
            }

            any = true;
            if (_orphansSince is null)
            {
                _orphansSince = Elapsed;
                _news.Add($"an earlier orchestrator died; waiting for its worker ({process.Describe()}) to save its run and end");
            }
            else if (Elapsed - _orphansSince > _options.Grace)
            {
                Posix.Kill(process.Pid, 9);
            }
        }

        return any;
    }

    /// <summary>Why no run can go on although some have no result; null while there is hope.</summary>
    private string? WhyNothingCanGoOn(List<(RunStanding Standing, RunLook? Look)> looks) =>
        _slots.All(s => s.GivenUp is not null && s.Worker is null) && looks.All(l => l.Standing.State != RunState.Running)
            ? string.Join("; ", _slots.Select(s => s.GivenUp).Distinct())
            : null;

    private SweepSnapshot Snapshot(List<(RunStanding Standing, RunLook? Look)> looks)
    {
        var standings = looks.ConvertAll(l => l.Standing);
        var (share, left) = _work.Estimate(standings, Elapsed);
        var snapshot = new SweepSnapshot
        {
            Sweep = _store.Sweep,
            Runs = standings,
            Elapsed = Elapsed,
            SecondsLeft = left,
            ShareDone = share,
            Paused = standings.Find(s => s is { State: RunState.Running, Message: not null })?.Message,
            News = [.. _news],
            Workers = _slots.Count(s => s.Worker is not null),
        };
        _news.Clear();
        return snapshot;
    }

    private static ExitCode CodeOf(SweepSnapshot final, string? problem) =>
        final.Runs.All(r => r.IsFinal) ? final.Runs.Any(r => r.State == RunState.Failed) ? ExitCode.SomeFailed : ExitCode.Done
        : problem is null ? ExitCode.Interrupted
        : ExitCode.SomeFailed;

    private void Each(Action<WorkerProcess> action)
    {
        foreach (var slot in _slots)
        {
            if (slot.Worker is { HasExited: false } worker)
            {
                action(worker);
            }
        }
    }
}
