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
    private readonly StatusReader _status;
    private readonly DeadAttempts _dead;
    private readonly Standstill _standstill;
    private readonly WorkDone _work;
    private readonly List<string> _news = [];
    private readonly long _began;
    private bool _stopping;

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
        _status = new StatusReader(store, options.Budget);
        _dead = new DeadAttempts(store, new OwnerWatch(_time, options.StaleAfter), _news.Add);
        _standstill = new Standstill(store);
        _work = new WorkDone(store.Runs);
    }

    private TimeSpan Elapsed => _time.GetElapsedTime(_began);

    /// <summary>
    /// Refuses where another orchestrator of this machine runs the sweep in a folder, which need not exist. <see cref="Run"/> refuses too; asked before
    /// <see cref="RunStore.Create"/>, the other's plan isn't replaced first.
    /// </summary>
    /// <exception cref="StoreException">Another one does; the message names its process.</exception>
    public static void RefuseIfAnotherRuns(string folder) => OrchestratorRecord.RefuseIfThereIs(DiskFiles.Instance, folder);

    /// <summary>Runs the sweep until every run has a result or failed, or until it is stopped. Blocks.</summary>
    /// <param name="show">Gets a snapshot about once a second and a last one at the end, on the calling thread.</param>
    /// <param name="stop">Cancelled to let workers save their runs and end.</param>
    /// <param name="atOnce">Cancelled to kill them.</param>
    /// <exception cref="StoreException">Another orchestrator of this machine runs the sweep, or no worker can be started.</exception>
    public SweepOutcome Run(Action<SweepSnapshot> show, CancellationToken stop, CancellationToken atOnce)
    {
        ArgumentNullException.ThrowIfNull(show);
        using var scratch = Enter(() => new WorkerScratch(_store.Files, _store.WorkersFolder, ProcessIdentity.Current));
        using var record = Enter(() => OrchestratorRecord.Enter(_store, scratch, _options.BesideOthers));
        var fence = new AttemptFence(_store.Files, scratch, _time);
        using var crew = new Crew(_command, _options, _news.Add);
        _store.RemoveLeftovers();
        var problem = Loop(show, crew, fence, stop, atOnce);
        _store.RemoveLeftovers();
        var final = Snapshot(Look(), crew);
        show(final);
        return new SweepOutcome(CodeOf(final, problem), final, problem);
    }

    private T Enter<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            throw new StoreException($"{_store.Folder}: the disk is full ({DiskFull.Text(_store.Files.FreeBytes(_store.Folder))} left). Free some room and start again.", e);
        }
    }

    private string? Loop(Action<SweepSnapshot> show, Crew crew, AttemptFence fence, CancellationToken stop, CancellationToken atOnce)
    {
        var orphans = new Orphans(_options.Grace, _news.Add);
        var nextLook = TimeSpan.Zero;
        TimeSpan? killAt = null;
        while (true)
        {
            var ended = crew.Reap(Look, fence, _stopping, Elapsed);
            if (ended || Elapsed >= nextLook)
            {
                var looks = Look();
                _dead.End(looks, crew, fence);
                show(Snapshot(looks, crew));
                nextLook = Elapsed + _options.SnapshotEvery;
                if (_store.Files.KindOf(_store.PlanPath) == EntryKind.Missing)
                {
                    return $"{_store.Folder}: the sweep's folder was removed or moved while it ran. Start again; a folder that was moved goes on where it is now";
                }

                if (!_stopping && looks.All(l => l.Standing.IsFinal))
                {
                    killAt ??= Elapsed + _options.Grace;
                }
                else if (!_stopping)
                {
                    if (!orphans.StillWork(looks, Elapsed))
                    {
                        crew.Start(looks, Elapsed);
                    }

                    if ((crew.FoundNothing ? _standstill.WhyWorkersFindNothing(looks) : null) is { } replaced)
                    {
                        return replaced;
                    }

                    if (crew.WhyNothingCanGoOn(looks) is { } problem)
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
                crew.Each(worker => worker.AskToStop());
            }

            if (atOnce.IsCancellationRequested || Elapsed > killAt)
            {
                crew.Each(worker => worker.Kill());
            }

            if ((_stopping || killAt is not null) && crew.Count == 0)
            {
                return null;
            }

            Thread.Sleep(Tick);
        }
    }

    private List<RunSighting> Look()
    {
        var looks = new List<RunSighting>(_store.Runs.Count);
        foreach (var run in _store.Runs)
        {
            looks.Add(_status.Look(run));
        }

        return looks;
    }

    private SweepSnapshot Snapshot(List<RunSighting> looks, Crew crew)
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
            Paused = _standstill.WhyPaused(standings),
            News = [.. _news],
            Workers = crew.Count,
        };
        _news.Clear();
        return snapshot;
    }

    private static ExitCode CodeOf(SweepSnapshot final, string? problem) =>
        final.Runs.All(r => r.IsFinal) ? final.Runs.Any(r => r.State == RunState.Failed) ? ExitCode.SomeFailed : ExitCode.Done
        : problem is null ? ExitCode.Interrupted
        : ExitCode.SomeFailed;
}
