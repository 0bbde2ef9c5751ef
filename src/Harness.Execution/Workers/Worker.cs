using System.Runtime.ExceptionServices;
using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Store;

namespace Harness.Execution.Workers;

/// <summary>
/// A process bound to one device: pulls the next unclaimed run (largest first), trains it, publishes its result, and goes on until
/// nothing is left; or several runs at the same time, where its settings say so. Any number may work on one store.
/// </summary>
public sealed class Worker
{
    private readonly RunStore _store;
    private readonly ITrainer _trainer;
    private readonly WorkerOptions _options;
    private readonly TimeProvider _time;
    private readonly ProcessIdentity? _orchestrator;

    private Worker(RunStore store, ITrainer trainer, WorkerOptions options, TimeProvider time)
    {
        _store = store;
        _trainer = trainer;
        _options = options;
        _time = time;
        _orchestrator = options.FollowOrchestrator ? ProcessIdentity.Parse(Environment.GetEnvironmentVariable(WorkerEnvironment.Orchestrator)) : null;
    }

    /// <summary>Works until nothing is left, the process must end, or it is asked to stop.</summary>
    /// <param name="store">Where the runs are.</param>
    /// <param name="trainer">Trains them; used by the calling thread only. Further runs at the same time go to its siblings.</param>
    /// <param name="options">How.</param>
    /// <param name="stop">Cancelled when the run in hand should be saved and the worker should end.</param>
    /// <param name="time">Clock and timestamps; the system's by default.</param>
    /// <exception cref="StoreException">The store can't be used.</exception>
    public static WorkerEnd Run(RunStore store, ITrainer trainer, WorkerOptions options, CancellationToken stop, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(options);
        return new Worker(store, trainer, options, time ?? TimeProvider.System).Run(stop);
    }

    private WorkerEnd Run(CancellationToken stop)
    {
        using var scratch = new WorkerScratch(_store.Files, _store.WorkersFolder, _options.Process);
        var queue = new RunQueue(_store, scratch, Terms(), _time);
        var lanes = _options.Settings.RunsPerWorker.On(_options.Settings.Device);
        if (lanes < 2 || _trainer is not ISideBySideTrainer trainer)
        {
            return Lane(_trainer, queue, scratch, null, stop).Run(OrchestratorIsGone, stop);
        }

        return SideBySide(trainer, lanes, queue, scratch, stop);
    }

    /// <summary>A lane a thread. One whose process must end (memory, device) has the others save their runs first; whatever else befalls a run is its own.</summary>
    private WorkerEnd SideBySide(ISideBySideTrainer trainer, int lanes, RunQueue queue, WorkerScratch scratch, CancellationToken stop)
    {
        using var endAll = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var room = new DeviceRoom(_options.DeviceMemoryBytes, _time);
        var ends = new WorkerEnd?[lanes];
        var failures = new Exception?[lanes];
        var siblings = Enumerable.Range(1, lanes - 1).Select(_ => trainer.Sibling()).ToList();
        var threads = siblings.Select((sibling, i) => new Thread(() => Work(sibling, i + 1)) { Name = $"run {i + 1}" }).ToList();
        threads.ForEach(t => t.Start());
        Work(trainer, 0);
        threads.ForEach(t => t.Join());
        foreach (var sibling in siblings)
        {
            (sibling as IDisposable)?.Dispose();
        }

        if (Array.Find(failures, f => f is not null) is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return ends.MaxBy(StackWork.Gravity) ?? WorkerEnd.NothingLeft;

        void Work(ISideBySideTrainer own, int lane)
        {
            try
            {
                ends[lane] = Lane(own, queue, scratch, room, endAll.Token).Run(OrchestratorIsGone, endAll.Token);
            }
            catch (Exception e) // it belongs to whoever runs the worker: thrown again there
            {
                failures[lane] = e;
            }

            if (failures[lane] is not null || ends[lane] != WorkerEnd.NothingLeft)
            {
                endAll.Cancel();
            }
        }
    }

    private WorkerLane Lane(ITrainer trainer, RunQueue queue, WorkerScratch scratch, DeviceRoom? room, CancellationToken stop) =>
        new(_store, trainer, _options, queue, c => new AttemptWork(_store, c, scratch, _options, _orchestrator, _time, stop), room);

    private bool OrchestratorIsGone() => _orchestrator?.Look() is Liveness.Dead or Liveness.Rebooted;

    private ClaimTerms Terms() => new()
    {
        Device = _options.Settings.Device,
        MicroBatchSequences = _options.Settings.MicroBatchSequences,
        Budget = _options.Budget,
        StaleAfter = _options.StaleAfter,
        Orchestrator = _orchestrator?.ToString(),
        Process = _options.Process,
        Facts = _options.Facts,
    };
}
