using System.Runtime.ExceptionServices;
using Harness.Core.Runs;
using Harness.Execution.Attempts;
using Harness.Execution.Claims;

namespace Harness.Execution.Workers;

/// <summary>
/// A claimed run on its way through training, with the runs of its shape that join it where that is wanted and pays. Each member keeps its own claim, heartbeat, session
/// and outcome; only the steps are shared.
/// </summary>
/// <param name="options">The worker's.</param>
/// <param name="trainer">The worker's.</param>
/// <param name="queue">Where mates are claimed.</param>
/// <param name="open">Begins to work on a claim.</param>
/// <param name="room">What the worker trains at the same time; null if that is one run, or one stack.</param>
internal sealed class StackWork(WorkerOptions options, ITrainer trainer, RunQueue queue, Func<ClaimedRun, AttemptWork> open, DeviceRoom? room = null) : IDisposable
{
    private readonly List<AttemptWork> _members = [];
    private Exception? _failure;

    /// <summary>Begins with a claimed run, and claims those that are to join it. In a worker of several lanes, while no other lane claims.</summary>
    public void Gather(ClaimedRun claimed)
    {
        var first = open(claimed);
        _members.Add(first);
        StackPlan? plan = null;
        try
        {
            plan = trainer is IStackTrainer stacks && options.Settings.Stack.Most > 1 ? Plan(stacks, claimed) : null;
            if (plan?.Members > 1)
            {
                _members.AddRange(queue.TakeMates(claimed, plan.Members).Select(open));
                room?.Grow(claimed.Run, _members.Count, eachNeedsMemory: options.Settings.Stack.IsAuto);
            }
        }
        catch (Exception e) when (e is not (StoreException or IOException or UnauthorizedAccessException))
        {
            _failure = e; // a calibration fails as a training would
        }

        _members.ForEach(m => m.Company = Company);
        if (plan is not null)
        {
            var record = new StackRecord([.. _members.Select(m => m.Claimed.Run.Id.Value)], plan.Reason);
            _members.ForEach(m => m.Record(record, [.. _members.Where(o => o != m).Select(o => o.Claimed.Run.Name)]));
        }
    }

    /// <summary>Trains what was gathered. Why the worker must end too, or null if it can take another run.</summary>
    public WorkerEnd? Train() => _failure is not null ? _members[0].Conclude(() => throw Rethrown(_failure))
        : _members.Count == 1 ? _members[0].Do(trainer)
        : TrainTogether((IStackTrainer)trainer);

    /// <inheritdoc/>
    public void Dispose()
    {
        _members.ForEach(m => m.Dispose());
        if (_members.Count > 0)
        {
            room?.Leave(_members[0].Claimed.Run);
        }
    }

    /// <summary>How many to train together, and why; null where there is nothing to decide.</summary>
    private StackPlan? Plan(IStackTrainer stacks, ClaimedRun claimed)
    {
        var choice = options.Settings.Stack;
        var mates = queue.CountMates(claimed);
        var most = Math.Min(choice.Most, Math.Min(mates, claimed.MostTogether ?? int.MaxValue));
        if (!choice.IsAuto)
        {
            return most < 2 ? null : new StackPlan(most, $"stack: {choice}{(claimed.MostTogether < choice.Most ? $", but at most {claimed.MostTogether} after what happened before" : "")}");
        }

        // Another worker must not go without because this one took all.
        most = Math.Min(most, (queue.OpenCount + options.Workers - 1) / options.Workers);
        most = Math.Min(most, room?.RoomForStack(claimed.Run) ?? most);
        if (most < 2 || mates * claimed.Run.Spec.Training.Steps < StackAdvice.LeastSteps)
        {
            return null;
        }

        var settings = options.Settings with { MicroBatchSequences = claimed.Claim.MicroBatchSequences };
        return stacks.Advise(claimed.Run.Spec, settings, most) is { } advice ? new StackPlan(Math.Min(advice.Members, most), advice.Describe()) : null;
    }

    private int Company() => room?.CompanyOf(_members[0].Claimed.Run) ?? _members.Count;

    private WorkerEnd? TrainTogether(IStackTrainer stacks)
    {
        var ends = new List<WorkerEnd?>();
        var open = _members.ToDictionary(m => m.Session as IRunSession);
        try
        {
            stacks.TrainTogether(
                [.. _members.Select(m => new StackMember(m.Claimed.Run.Spec, m.Session))],
                (member, end) =>
                {
                    open.Remove(member.Session, out var work);
                    ends.Add(work!.Conclude(() => end.Result ?? throw Rethrown(end.Error!)));
                    work.Dispose(); // an ended attempt beats no more
                });
        }
        catch (Exception e) when (open.Count > 0 && e is not StoreException)
        {
            foreach (var work in open.Values)
            {
                ends.Add(work.Conclude(() => throw Rethrown(e), _members.Count));
            }
        }

        return ends.MaxBy(Gravity);
    }

    /// <summary>Which of several reasons to end is the worker's.</summary>
    internal static int Gravity(WorkerEnd? end) => end switch
    {
        null => 0,
        WorkerEnd.Stopped => 1,
        WorkerEnd.OutOfMemory => 2,
        WorkerEnd.DeviceFault => 3,
        _ => 4,
    };

    private static Exception Rethrown(Exception e)
    {
        ExceptionDispatchInfo.Throw(e);
        return e;
    }

    /// <summary>A decision and what is behind it.</summary>
    private sealed record StackPlan(int Members, string Reason);
}
