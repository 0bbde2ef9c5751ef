using System.Text.Json;
using Harness.Core;
using Harness.Core.Runs;
using Harness.Execution.Attempts;
using Harness.Execution.Claims;
using Harness.Execution.Files;
using Harness.Execution.Store;

namespace Harness.Execution.Workers;

/// <summary>One claimed attempt, from its session to its outcome: whatever happens in between, it ends with a name.</summary>
internal sealed class AttemptWork(
    RunStore store, ClaimedRun claimed, WorkerScratch scratch, WorkerOptions options, ProcessIdentity? orchestrator, TimeProvider time)
{
    /// <summary>Trains the run and ends the attempt. Why the worker must end too, or null if it can take another run.</summary>
    public WorkerEnd? Do(ITrainer trainer, CancellationToken stop)
    {
        var settings = options.Settings with { MicroBatchSequences = claimed.Claim.MicroBatchSequences };
        using var session = new RunSession(
            store.Files, claimed.Own, claimed.Claim.Token, claimed.Earlier, claimed.BannedSteps, store.Trunks.LineageOf(claimed.Run, claimed.Start), settings, claimed.Log, stop);
        using var pulse = new Pulse(session, options.HeartbeatEvery, orchestrator);
        foreach (var attempt in claimed.Earlier)
        {
            attempt.RemoveLeftovers();
        }

        try
        {
            var result = trainer.Train(claimed.Run.Spec, session);
            if (result.Id != claimed.Run.Id)
            {
                throw new InvalidOperationException($"The trainer returned a result of run {result.Id}.");
            }

            WhenThereIsRoom(session, () => Publish(session, result));
            return null;
        }
        catch (Exception e) when (e is FencedException || session.IsFenced)
        {
            return null; // Whatever went wrong in a folder that was taken away is of no interest.
        }
        catch (OperationCanceledException) when (session.Stop.IsCancellationRequested)
        {
            return EndAttempt(session, FailureCause.Preempted, stop.IsCancellationRequested ? "asked to stop" : "its orchestrator is gone") ?? WorkerEnd.Stopped;
        }
        catch (RunFailedException e)
        {
            return Failed(session, e.Cause, e);
        }
        catch (Exception e) when (CauseOf(e) is { } cause)
        {
            return Failed(session, cause, e);
        }
    }

    private void Publish(RunSession session, RunResult result)
    {
        var metrics = session.Metrics ?? throw new InvalidOperationException("The trainer returned a result without IRunSession.Begin.");
        session.RefuseIfFenced();
        metrics.Sync();
        var won = AttemptEnding.TryEnd(store.Files, scratch, claimed.Own, new Outcome
        {
            Attempt = claimed.Own.Number,
            Token = claimed.Claim.Token,
            Progressed = true,
            Result = JsonSerializer.SerializeToElement(result, CoreJson.Default.RunResult),
            MetricRows = metrics.Rows,
            MetricsHash = metrics.Hash,
            EndedAt = time.GetUtcNow(),
        });
        if (!won)
        {
            session.Log("finished, but another process declared this attempt dead before; its result is not used");
            return;
        }

        AttemptEnding.Publish(store.Files, claimed.Folder, claimed.Own);
        session.Log(result.Status == RunStatus.Diverged ? $"diverged at step {result.DivergedAtStep}" : "finished, result published");
        session.KeepCheckpoints(options.KeepCheckpoints);
        if (claimed.Run.Branch is { } branch)
        {
            store.Trunks.Tidy(branch.Trunk);
        }
    }

    private WorkerEnd? Failed(RunSession session, FailureCause cause, Exception error)
    {
        session.Log($"failed ({JsonNamingPolicy.SnakeCaseLower.ConvertName(cause.ToString())}): {(cause == FailureCause.Bug ? error.ToString() : error.Message)}");
        return EndAttempt(session, cause, error.Message) ?? cause switch
        {
            FailureCause.OutOfMemory => WorkerEnd.OutOfMemory,
            FailureCause.DeviceFault => WorkerEnd.DeviceFault,
            _ => (WorkerEnd?)null,
        };
    }

    /// <summary>Writes how the attempt ended; null if that could be done.</summary>
    private WorkerEnd? EndAttempt(RunSession session, FailureCause cause, string message)
    {
        if (cause == FailureCause.DiskFull)
        {
            WaitForRoom(session, message);
        }

        var outcome = new Outcome
        {
            Attempt = claimed.Own.Number,
            Token = claimed.Claim.Token,
            Cause = cause,
            Message = message,
            Progressed = session.SavedStep is not null,
            EndedAt = time.GetUtcNow(),
        };
        try
        {
            WhenThereIsRoom(session, () => AttemptEnding.TryEnd(store.Files, scratch, claimed.Own, outcome));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            session.Log($"how the attempt ended could not be written: {e.Message}");
            return WorkerEnd.OutcomeNotWritten;
        }
    }

    /// <summary>Keeps the claim, says what is missing, and returns once a checkpoint of the size of the last one fits twice, or on a stop.</summary>
    private void WaitForRoom(RunSession session, string message)
    {
        session.Note($"paused: {message}; goes on by itself once there is room");
        while (store.Files.FreeBytes(store.Folder) < session.RoomNeeded && !session.Stop.IsCancellationRequested)
        {
            session.Stop.WaitHandle.WaitOne(options.LookAgainAfter);
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
                session.Note($"paused: disk full: {store.Folder} has {DiskFull.Text(store.Files.FreeBytes(store.Folder))}; goes on by itself once there is room");
                if (session.Stop.WaitHandle.WaitOne(options.LookAgainAfter))
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
}
