using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Store;

namespace Harness.Execution.Status;

/// <summary>
/// Tells how every run stands, from the disk alone, one run at a time. Reads only; a store of another user will do. Results that it has seen are
/// remembered, so that looking again costs only what is not finished.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="budget">Decides which interrupted runs count as failed.</param>
public sealed class StatusReader(RunStore store, RetryBudget budget)
{
    private readonly Dictionary<RunId, RunStanding> _finished = [];

    /// <summary>Every run in plan order.</summary>
    /// <exception cref="StoreException">A newer harness wrote a result.</exception>
    public IEnumerable<RunStanding> Read() => store.Runs.Select(r => Look(r).Standing);

    /// <summary>One run, with what was seen on the disk; nothing of the latter for a run that is known to have its result.</summary>
    internal RunSighting Look(PlannedRun run)
    {
        if (_finished.TryGetValue(run.Id, out var known))
        {
            return new RunSighting(known, null);
        }

        var look = RunLook.At(store.Files, store.FolderOf(run.Id));
        var standing = Standing(run, look);
        if ((standing.State is RunState.Done or RunState.Diverged) && look.Unpublished is null)
        {
            _finished[run.Id] = standing;
        }

        return new RunSighting(standing, look);
    }

    private RunStanding Standing(PlannedRun run, RunLook look)
    {
        var standing = new RunStanding
        {
            Run = run,
            State = RunState.Queued,
            Attempts = look.Attempts.Count,
            LogPath = look.Last?.LogPath,
        };
        if (look.Unusable is { } why)
        {
            return standing with { State = RunState.Failed, Cause = FailureCause.UserError, Message = why };
        }

        if (look.Result is { } result)
        {
            return standing with
            {
                Remark = run.Branch is not null && result.Inherited is null ? FromTheStart(look) : null,
                State = result.Status == RunStatus.Diverged ? RunState.Diverged : RunState.Done,
                Result = result,
                Message = result.DivergedAtStep is { } step ? $"the loss was not finite at step {step}" : null,
            };
        }

        if (look.Open is not null)
        {
            return Running(standing, look) with { Remark = look.Claim?.FromTheStart is { } reason ? $"trained from the start: {reason}" : null };
        }

        if (run.Branch is not null && store.Trunks.StartOf(run, look, budget, thorough: false) is { WaitsFor: { } waits })
        {
            standing = standing with { Waits = true, Remark = waits };
        }

        if (look.ResultDamage is { } damage)
        {
            return standing with { State = RunState.Interrupted, Message = $"{damage}; it will be trained again from its newest checkpoint" };
        }

        if (look.Outcomes.Count == 0)
        {
            return standing with { State = look.Attempts.Count > 0 ? RunState.Interrupted : RunState.Queued };
        }

        var last = look.Outcomes[^1];
        var goesOn = budget.Judge(look.Outcomes, RunQueue.BatchSequences(run.Spec), microBatchSequences: null).CanGoOn;
        return standing with { State = goesOn ? RunState.Interrupted : RunState.Failed, Cause = last.Cause, Message = last.Message };
    }

    /// <summary>Why a run that was planned to begin on a trunk did not; asked of the finished ones only where that is so.</summary>
    private static string FromTheStart(RunLook look) =>
        look.Attempts.Select(a => a.ReadClaim().Content?.FromTheStart).FirstOrDefault(w => w is not null) is { } why
            ? $"trained from the start: {why}"
            : "trained from the start";

    private static RunStanding Running(RunStanding standing, RunLook look)
    {
        var process = ProcessIdentity.Parse(look.Claim?.Process);
        if (process?.Look() is Liveness.Dead or Liveness.Rebooted)
        {
            return standing with
            {
                State = RunState.Interrupted,
                Cause = process.Look() == Liveness.Rebooted ? FailureCause.Preempted : FailureCause.Killed,
                Message = $"its worker ({process.Describe()}) is gone; the next start goes on",
            };
        }

        var progress = look.Heartbeat?.Progress;
        var stack = look.Open?.ReadStack().Content;
        var tokensLeft = progress is null ? (double?)null : (double)(progress.Steps - progress.Step) * standing.Run.Spec.Training.BatchTokens;
        return standing with
        {
            State = RunState.Running,
            Message = look.Heartbeat?.Note,
            Progress = progress,
            Stack = stack is null ? null : [.. stack.Members.Where(RunId.IsWellFormed).Select(id => new RunId(id))],
            StackReason = stack?.Reason,
            Worker = process is null ? null : $"{process.Describe()}, {look.Claim!.Device}",
            SecondsLeft = progress?.TokensPerSecond is > 0 and var speed ? tokensLeft / speed : null,
        };
    }
}
