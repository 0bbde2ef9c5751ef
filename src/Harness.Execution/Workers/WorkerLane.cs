using System.Runtime.ExceptionServices;
using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Files;
using Harness.Execution.Store;

namespace Harness.Execution.Workers;

/// <summary>One of a worker's threads: takes a run that the device has room for, trains it, and goes on until nothing is left.</summary>
/// <param name="store">Where the runs are.</param>
/// <param name="trainer">This lane's own.</param>
/// <param name="options">The worker's.</param>
/// <param name="queue">The worker's; asked by one lane at a time.</param>
/// <param name="open">Begins to work on a claim.</param>
/// <param name="room">Who trains at the same time; null in a worker of one lane.</param>
internal sealed class WorkerLane(
    RunStore store, ITrainer trainer, WorkerOptions options, RunQueue queue, Func<ClaimedRun, AttemptWork> open, DeviceRoom? room)
{
    /// <summary>Looks for work that may fail one after another before the store counts as lost.</summary>
    private const int FailuresInARow = 5;

    /// <summary>Works until nothing is left, the process must end, or it is asked to stop.</summary>
    /// <param name="isOrphaned">Whether nobody wants the results any more.</param>
    /// <param name="stop">Cancelled when the run in hand should be saved.</param>
    /// <exception cref="StoreException">The store can't be used.</exception>
    public WorkerEnd Run(Func<bool> isOrphaned, CancellationToken stop)
    {
        var failures = 0;
        while (!stop.IsCancellationRequested && !isOrphaned())
        {
            Look look;
            try
            {
                look = room is null ? Take() : room.Hold(TakeWhatFits);
            }
            catch (IOException e) when (DiskFull.Is(e) || ++failures < FailuresInARow)
            {
                stop.WaitHandle.WaitOne(options.LookAgainAfter); // a full disk is said by the orchestrator; a network mount may come back
                continue;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new StoreException($"{e.Message} No run can be claimed in {store.Folder}; make it readable and writable, and start again.", e);
            }

            failures = 0;
            look.Failure?.Throw(); // a run that was taken and can't be begun is not a look that failed
            if (look.Found is { } found)
            {
                using (found)
                {
                    if (found.Train() is { } end)
                    {
                        return end;
                    }
                }
            }
            else if (look.NothingIsLeft)
            {
                return WorkerEnd.NothingLeft;
            }
            else if (room is null)
            {
                stop.WaitHandle.WaitOne(options.LookAgainAfter);
            }
            else
            {
                room.WaitForChange(options.LookAgainAfter, stop);
            }
        }

        return WorkerEnd.Stopped;
    }

    private Look Take() => queue.TryTake() is { } claimed ? Gathered(claimed) : new Look(NothingIsLeft: IsNothingLeft);

    private Look TakeWhatFits()
    {
        if (room!.IsOver || room.IsFull || !room.MayLook(options.LookAgainAfter))
        {
            return new Look(NothingIsLeft: room.IsOver);
        }

        var isAlone = room.Count == 0;
        var claimed = queue.TryTake((run, most) => room.Fits(run, Fill(run), most));
        if (claimed is not null)
        {
            room.Enter(claimed.Run, Fill(claimed.Run), claimed.MostTogether);
            return Gathered(claimed);
        }

        // What waits for a neighbour's trunk, or for room, is taken when it leaves.
        if (isAlone && IsNothingLeft)
        {
            room.Close();
        }

        return new Look(NothingIsLeft: room.IsOver);
    }

    private bool IsNothingLeft => !(options.WaitForOthers && queue.OthersAreBusy);

    private Look Gathered(ClaimedRun claimed)
    {
        var stack = new StackWork(options, trainer, queue, open, room);
        try
        {
            stack.Gather(claimed);
            return new Look(stack);
        }
        catch (Exception e)
        {
            stack.Dispose();
            return new Look(Failure: ExceptionDispatchInfo.Capture(e));
        }
    }

    /// <summary>How many runs like this one fill the device: as many as were asked for, or found best by a calibration where there is enough to do.</summary>
    private int Fill(PlannedRun run)
    {
        var choice = options.Settings.RunsPerWorker;
        if (!choice.IsAuto)
        {
            return choice.Most;
        }

        if (queue.OpenCount < 2 || store.Runs.Sum(r => r.Spec.Training.Steps) < StackAdvice.LeastSteps)
        {
            return 1;
        }

        try
        {
            return (trainer as ISideBySideTrainer)?.AdviseSideBySide(run.Spec, options.Settings, choice.Most)?.Members ?? 1;
        }
        catch (RunFailedException)
        {
            return 1; // its training will fail as the calibration did, and say so
        }
    }

    /// <summary>What a look for work came to.</summary>
    private readonly record struct Look(StackWork? Found = null, bool NothingIsLeft = false, ExceptionDispatchInfo? Failure = null);
}
