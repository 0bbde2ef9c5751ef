using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Files;
using Harness.Execution.Store;

namespace Harness.Execution.Workers;

/// <summary>
/// A process bound to one device: pulls the next unclaimed run (largest first), trains it, publishes its result, and goes on until
/// nothing is left. Any number may work on one store.
/// </summary>
public sealed class Worker
{
    /// <summary>Looks for work that may fail one after another before the store counts as lost.</summary>
    private const int FailuresInARow = 5;

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
    /// <param name="trainer">Trains them; used by the calling thread only.</param>
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
        var failures = 0;
        while (!stop.IsCancellationRequested && !OrchestratorIsGone())
        {
            ClaimedRun? claimed;
            try
            {
                claimed = queue.TryTake();
            }
            catch (IOException e) when (DiskFull.Is(e) || ++failures < FailuresInARow)
            {
                stop.WaitHandle.WaitOne(_options.LookAgainAfter); // a full disk is said by the orchestrator; a network mount may come back
                continue;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new StoreException($"{e.Message} No run can be claimed in {_store.Folder}; make it readable and writable, and start again.", e);
            }

            failures = 0;

            if (claimed is null)
            {
                if (!_options.WaitForOthers || !queue.OthersAreBusy)
                {
                    return WorkerEnd.NothingLeft;
                }

                stop.WaitHandle.WaitOne(_options.LookAgainAfter);
                continue;
            }

            using var stack = new StackWork(_options, _trainer, queue, c => new AttemptWork(_store, c, scratch, _options, _orchestrator, _time, stop));
            if (stack.Do(claimed) is { } end)
            {
                return end;
            }
        }

        return WorkerEnd.Stopped;
    }

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
