using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Execution.Status;

namespace Harness.Execution.Orchestration;

/// <summary>Estimates the time left from the training FLOPs done since the orchestrator began.</summary>
internal sealed class WorkDone(IReadOnlyList<PlannedRun> runs)
{
    private readonly Dictionary<RunId, double> _flops = runs.ToDictionary(r => r.Id, r => FlopsPerToken.Of(r.Spec.Model).Chinchilla * (r.Spec.Training.Tokens - r.SharedTokens));

    /// <summary>Share of each run that was done before this orchestrator saw it.</summary>
    private readonly Dictionary<RunId, double> _before = [];

    /// <summary>Share of the sweep done, 0 to 1, and the seconds left, null until some work was done.</summary>
    public (double ShareDone, double? SecondsLeft) Estimate(IReadOnlyList<RunStanding> standings, TimeSpan elapsed)
    {
        var (done, doneHere, all) = (0.0, 0.0, 0.0);
        foreach (var standing in standings)
        {
            var flops = _flops[standing.Run.Id];
            all += flops;
            var share = standing.IsFinal ? 1 : standing.Progress is { Steps: > 0 } p ? OwnShare(p, standing.Run.Branch?.Step ?? 0) : (double?)null;
            if (!_before.TryGetValue(standing.Run.Id, out var before))
            {
                // Nothing is known of an interrupted run before its next attempt reports: then that is where it began.
                if (standing.State is RunState.Queued || share is not null)
                {
                    _before[standing.Run.Id] = before = share ?? 0;
                }
            }

            done += flops * (share ?? 0);
            doneHere += flops * Math.Max(0, (share ?? before) - before);
        }

        // A branch that is trained from its start after all does more than was counted; it counts from where it would have begun.
        static double OwnShare(RunProgress progress, long from) => Math.Max(0, (double)(progress.Step - from) / (progress.Steps - from));

        var left = doneHere > 0 && elapsed > TimeSpan.Zero ? (all - done) / (doneHere / elapsed.TotalSeconds) : (double?)null;
        return (all > 0 ? done / all : 1, done >= all ? 0 : left);
    }
}
