using System.Text.Json;
using Harness.Core;
using Harness.Core.Runs;
using Harness.Execution.Attempts;
using Harness.Execution.Claims;
using Harness.Execution.Files;
using Harness.Execution.Store;

namespace Harness.Execution.Workers;

/// <summary>One claimed attempt, from its session to its outcome: whatever happens in between, it ends with a name.</summary>
internal sealed class AttemptWork : IDisposable
{
    private readonly RunStore _store;
    private readonly ClaimedRun _claimed;
    private readonly WorkerScratch _scratch;
    private readonly WorkerOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationToken _stop;
    private readonly RunSession _session;
    private readonly Pulse _pulse;
    private bool _isClosed;

    /// <summary>Opens the session and begins to beat.</summary>
    public AttemptWork(
        RunStore store, ClaimedRun claimed, WorkerScratch scratch, WorkerOptions options, ProcessIdentity? orchestrator, TimeProvider time, CancellationToken stop)
    {
        (_store, _claimed, _scratch, _options, _time, _stop) = (store, claimed, scratch, options, time, stop);
        var settings = options.Settings with { MicroBatchSequences = claimed.Claim.MicroBatchSequences };
        _session = new RunSession(
            store.Files, claimed.Own, claimed.Claim.Token, claimed.Earlier, claimed.BannedSteps, store.Trunks.LineageOf(claimed.Run, claimed.Start), settings, claimed.Log, stop);
        _pulse = new Pulse(_session, options.HeartbeatEvery, orchestrator);
        foreach (var attempt in claimed.Earlier)
        {
            attempt.RemoveLeftovers();
        }
    }

    /// <summary>The claim.</summary>
    public ClaimedRun Claimed => _claimed;

    /// <summary>What the trainer sees of the attempt.</summary>
    public RunSession Session => _session;

    /// <summary>How many runs this worker has trained at once, at most, since the attempt began, this one included.</summary>
    public Func<int> Company { get; set; } = () => 1;

    /// <summary>Writes down with whom the run trains; for people and for whoever finds the attempt dead, so that a failure to write stops nothing.</summary>
    /// <param name="stack">The stack, or the decision for none.</param>
    /// <param name="others">Names of the other members.</param>
    public void Record(StackRecord stack, IReadOnlyList<string> others)
    {
        _session.Log(others.Count > 0 ? $"trained together with {string.Join(", ", others)} ({stack.Reason})" : $"trained alone ({stack.Reason})");
        try
        {
            var temporary = _scratch.NewName();
            using (var stream = _store.Files.CreateNew(temporary))
            {
                stream.Write(SealedJson.Seal(stack, ExecutionJson.Default.StackRecord));
                _store.Files.Sync(stream);
            }

            _store.Files.Replace(temporary, _claimed.Own.StackPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _session.Log($"{_claimed.Own.StackPath} could not be written: {e.Message}");
        }
    }

    /// <summary>Trains the run alone and ends the attempt. Why the worker must end too, or null if it can take another run.</summary>
    public WorkerEnd? Do(ITrainer trainer) => Conclude(() => trainer.Train(_claimed.Run.Spec, _session));

    /// <summary>Ends the attempt with what the training gives or throws. Why the worker must end too, or null if it can take another run.</summary>
    /// <param name="train">Gives the result.</param>
    /// <param name="together">Runs that share what goes wrong, this one included; null if it is this run's alone.</param>
    public WorkerEnd? Conclude(Func<RunResult> train, int? together = null)
    {
        try
        {
            var result = train();
            if (result.Id != _claimed.Run.Id)
            {
                throw new InvalidOperationException($"The trainer returned a result of run {result.Id}.");
            }

            WhenThereIsRoom(() => Publish(result with { RunsAtOnce = Company() }));
            return null;
        }
        catch (Exception e) when (e is FencedException || _session.IsFenced)
        {
            return null; // Whatever went wrong in a folder that was taken away is of no interest.
        }
        catch (OperationCanceledException) when (_session.Stop.IsCancellationRequested)
        {
            return EndAttempt(FailureCause.Preempted, _stop.IsCancellationRequested ? "asked to stop" : "its orchestrator is gone", together) ?? WorkerEnd.Stopped;
        }
        catch (RunFailedException e)
        {
            return Failed(e.Cause, e, together);
        }
        catch (Exception e) when (CauseOf(e) is { } cause)
        {
            return Failed(cause, e, together);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _pulse.Dispose();
            _session.Dispose();
            _claimed.Dispose();
        }
    }

    private void Publish(RunResult result)
    {
        var metrics = _session.Metrics ?? throw new InvalidOperationException("The trainer returned a result without IRunSession.Begin.");
        _session.RefuseIfFenced();
        metrics.Sync();
        var won = AttemptEnding.TryEnd(_store.Files, _scratch, _claimed.Own, new Outcome
        {
            Attempt = _claimed.Own.Number,
            Token = _claimed.Claim.Token,
            Progressed = true,
            Result = JsonSerializer.SerializeToElement(result, CoreJson.Default.RunResult),
            MetricRows = metrics.Rows,
            MetricsHash = metrics.Hash,
            EndedAt = _time.GetUtcNow(),
        });
        if (!won)
        {
            _session.Log("finished, but another process declared this attempt dead before; its result is not used");
            return;
        }

        AttemptEnding.Publish(_store.Files, _claimed.Folder, _claimed.Own);
        _session.Log(result.Status == RunStatus.Diverged ? $"diverged at step {result.DivergedAtStep}" : "finished, result published");
        _session.KeepCheckpoints(_options.KeepCheckpoints);
        if (_claimed.Run.Branch is { } branch)
        {
            _store.Trunks.Tidy(branch.Trunk);
        }
    }

    private WorkerEnd? Failed(FailureCause cause, Exception error, int? together)
    {
        if (cause == FailureCause.OutOfMemory && Company() is > 1 and var company)
        {
            together ??= company; // it may well fit where fewer share the device
        }

        _session.Log($"failed ({JsonNamingPolicy.SnakeCaseLower.ConvertName(cause.ToString())}): {(cause == FailureCause.Bug ? error.ToString() : error.Message)}");
        return EndAttempt(cause, error.Message, together) ?? cause switch
        {
            FailureCause.OutOfMemory => WorkerEnd.OutOfMemory,
            FailureCause.DeviceFault => WorkerEnd.DeviceFault,
            _ => (WorkerEnd?)null,
        };
    }

    /// <summary>Writes how the attempt ended; null if that could be done.</summary>
    private WorkerEnd? EndAttempt(FailureCause cause, string message, int? together)
    {
        if (cause == FailureCause.DiskFull)
        {
            WaitForRoom(message);
        }

        var outcome = new Outcome
        {
            Attempt = _claimed.Own.Number,
            Token = _claimed.Claim.Token,
            Cause = cause,
            Message = message,
            Progressed = _session.SavedStep is not null,
            Together = together,
            EndedAt = _time.GetUtcNow(),
        };
        try
        {
            WhenThereIsRoom(() => AttemptEnding.TryEnd(_store.Files, _scratch, _claimed.Own, outcome));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _session.Log($"how the attempt ended could not be written: {e.Message}");
            return WorkerEnd.OutcomeNotWritten;
        }
    }

    /// <summary>Keeps the claim, says what is missing, and returns once a checkpoint of the size of the last one fits twice, or on a stop.</summary>
    private void WaitForRoom(string message)
    {
        _session.Log($"paused: {message}");
        while (_store.Files.FreeBytes(_store.Folder) is var free && free < _session.RoomNeeded && !_session.Stop.IsCancellationRequested)
        {
            _session.Note($"paused: disk full: {_store.Folder} needs {DiskFull.Text(_session.RoomNeeded)} and has {DiskFull.Text(free)}; goes on by itself once there is room");
            _session.Stop.WaitHandle.WaitOne(_options.LookAgainAfter);
        }

        _session.Note(null);
        _claimed.Own.RemoveLeftovers();
    }

    /// <summary>Does something small on the disk, again and again while that is full; gives up on a stop, when the next start will do it.</summary>
    private void WhenThereIsRoom(Action write)
    {
        while (true)
        {
            try
            {
                write();
                _session.Note(null);
                return;
            }
            catch (IOException e) when (DiskFull.Is(e))
            {
                _session.Note($"paused: disk full: {_store.Folder} has {DiskFull.Text(_store.Files.FreeBytes(_store.Folder))}; goes on by itself once there is room");
                if (_session.Stop.WaitHandle.WaitOne(_options.LookAgainAfter))
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
