using System.Text.Json;
using Harness.Core;
using Harness.Core.Runs;
using Harness.Execution.Attempts;
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
        while (!stop.IsCancellationRequested && !OrchestratorIsGone())
        {
            ClaimedRun? claimed;
            try
            {
                claimed = queue.TryTake();
            }
            catch (IOException e) when (DiskFull.Is(e))
            {
                stop.WaitHandle.WaitOne(_options.LookAgainAfter);
                continue;
            }

            if (claimed is null)
            {
                if (!_options.WaitForOthers || !queue.OthersAreBusy)
                {
                    return WorkerEnd.NothingLeft;
                }

                stop.WaitHandle.WaitOne(_options.LookAgainAfter);
                continue;
            }

            using (claimed)
            {
                if (Train(claimed, scratch, stop) is { } end)
                {
                    return end;
                }
            }
        }

        return WorkerEnd.Stopped;
    }

    private WorkerEnd? Train(ClaimedRun claimed, WorkerScratch scratch, CancellationToken stop)
    {
        var settings = _options.Settings with { MicroBatchSequences = claimed.Claim.MicroBatchSequences };
        using var session = new RunSession(_store.Files, claimed.Own, claimed.Earlier, claimed.BannedSteps, settings, claimed.Log, stop);
        using var pulse = new Pulse(session, _options.HeartbeatEvery, _orchestrator);
        foreach (var attempt in claimed.Earlier)
        {
            attempt.RemoveLeftovers();
        }

        try
        {
            var result = _trainer.Train(claimed.Run.Spec, session);
            if (result.Id != claimed.Run.Id)
            {
                throw new InvalidOperationException($"The trainer returned a result of run {result.Id}.");
            }

            WhenThereIsRoom(session, () => Publish(claimed, session, scratch, result));
            return null;
        }
        catch (FencedException)
        {
            return null;
        }
        catch (OperationCanceledException) when (session.Stop.IsCancellationRequested)
        {
            if (!session.IsFenced)
            {
                var message = stop.IsCancellationRequested ? "asked to stop" : "its orchestrator is gone";
                EndAttempt(claimed, session, scratch, FailureCause.Preempted, message);
            }

            return session.IsFenced ? null : WorkerEnd.Stopped;
        }
        catch (RunFailedException e)
        {
            return Failed(claimed, session, scratch, e.Cause, e);
        }
        catch (Exception e) when (CauseOf(e) is { } cause)
        {
            return Failed(claimed, session, scratch, cause, e);
        }
    }

    private void Publish(ClaimedRun claimed, RunSession session, WorkerScratch scratch, RunResult result)
    {
        var metrics = session.Metrics ?? throw new InvalidOperationException("The trainer returned a result without IRunSession.Begin.");
        session.RefuseIfFenced();
        metrics.Sync();
        var won = AttemptEnding.TryEnd(_store.Files, scratch, claimed.Own, new Outcome
        {
            Attempt = claimed.Own.Number,
            Token = claimed.Claim.Token,
            Progressed = true,
            Result = JsonSerializer.SerializeToElement(result, CoreJson.Default.RunResult),
            MetricRows = metrics.Rows,
            MetricsHash = metrics.Hash,
            EndedAt = _time.GetUtcNow(),
        });
        if (!won)
        {
            session.Log("finished, but another process declared this attempt dead before; its result is not used");
            return;
        }

        AttemptEnding.Publish(_store.Files, claimed.Folder, claimed.Own);
        session.Log(result.Status == RunStatus.Diverged ? $"diverged at step {result.DivergedAtStep}" : "finished, result published");
        session.KeepCheckpoints(_options.KeepCheckpoints);
    }

    private WorkerEnd? Failed(
        ClaimedRun claimed, RunSession session, WorkerScratch scratch, FailureCause cause, Exception error)
    {
        session.Log($"failed ({JsonNamingPolicy.SnakeCaseLower.ConvertName(cause.ToString())}): {(cause == FailureCause.Bug ? error.ToString() : error.Message)}");
        EndAttempt(claimed, session, scratch, cause, error.Message);
        return cause switch
        {
            FailureCause.OutOfMemory => WorkerEnd.OutOfMemory,
            FailureCause.DeviceFault => WorkerEnd.DeviceFault,
            _ => null,
        };
    }

    private void EndAttempt(
        ClaimedRun claimed, RunSession session, WorkerScratch scratch, FailureCause cause, string message)
    {
        if (cause == FailureCause.DiskFull)
        {
            WaitForRoom(claimed, session, message);
        }

        WhenThereIsRoom(session, () => AttemptEnding.TryEnd(_store.Files, scratch, claimed.Own, new Outcome
        {
            Attempt = claimed.Own.Number,
            Token = claimed.Claim.Token,
            Cause = cause,
            Message = message,
            Progressed = session.SavedStep is not null,
            EndedAt = _time.GetUtcNow(),
        }));
    }

    /// <summary>Keeps the claim, says what is missing, and returns once a checkpoint of the size of the last one fits twice, or on a stop.</summary>
    private void WaitForRoom(ClaimedRun claimed, RunSession session, string message)
    {
        session.Note($"paused: {message}; goes on by itself once there is room");
        while (_store.Files.FreeBytes(_store.Folder) < session.RoomNeeded && !session.Stop.IsCancellationRequested)
        {
            session.Stop.WaitHandle.WaitOne(_options.LookAgainAfter);
        }

        session.Note(null);
        claimed.Own.RemoveLeftovers();
    }

    /// <summary>Does something small on the disk, again and again while that is full; gives up on a stop, when the next start will do it.</summary>
    private void WhenThereIsRoom(RunSession session, Action write)
    {
        while (true)
        {
            try
            {
                write();
                session.Note(null);
                return;
            }
            catch (IOException e) when (DiskFull.Is(e))
            {
                session.Note($"paused: disk full: {_store.Folder} has {DiskFull.Text(_store.Files.FreeBytes(_store.Folder))}; goes on by itself once there is room");
                if (session.Stop.WaitHandle.WaitOne(_options.LookAgainAfter))
                {
                    return;
                }
            }
        }
    }

    /// <summary>The cause of an exception that no one gave one; null for those that mean the store itself is lost.</summary>
    private static FailureCause? CauseOf(Exception error) => error switch
    {
        StoreException => null,
        OutOfMemoryException => FailureCause.OutOfMemory,
        _ when DiskFull.Is(error) => FailureCause.DiskFull,
        Core.Data.DataUnavailableException or UnauthorizedAccessException => FailureCause.UserError,
        IOException => FailureCause.Killed, // A disk or network that failed is nobody's defect; the run is tried again within that budget.
        _ => FailureCause.Bug,
    };

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
