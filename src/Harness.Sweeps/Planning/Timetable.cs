using Harness.Core.Runs;

namespace Harness.Sweeps.Planning;

/// <summary>Plays a sweep in advance: which worker begins which run when.</summary>
internal static class Timetable
{
    /// <summary>When the last run ends: workers take the longest run that can be begun, and a branch can be begun when its trunk has got there.</summary>
    /// <param name="runs">Runs with their seconds on one worker. A trunk that isn't among them is done.</param>
    /// <param name="workers">Runs side by side, at least 1.</param>
    public static double End(IReadOnlyList<(PlannedRun Run, double Seconds)> runs, int workers)
    {
        var left = runs.OrderByDescending(r => r.Seconds).ToList();
        var trunks = runs.ToDictionary(r => r.Run.Id);
        var began = new Dictionary<RunId, double>();
        var free = new PriorityQueue<double, double>(Enumerable.Repeat((0.0, 0.0), Math.Min(workers, Math.Max(1, runs.Count))));
        var end = 0.0;
        while (left.Count > 0)
        {
            var now = free.Dequeue();
            var next = left.FindIndex(r => CanBegin(r.Run) <= now);
            if (next < 0)
            {
                var soonest = left.Min(r => CanBegin(r.Run)); // of a trunk that is under way: one that isn't could itself be begun
                free.Enqueue(soonest, soonest);
                continue;
            }

            var (run, seconds) = left[next];
            left.RemoveAt(next);
            began[run.Id] = now;
            free.Enqueue(now + seconds, now + seconds);
            end = Math.Max(end, now + seconds);
        }

        return end;

        double CanBegin(PlannedRun run) =>
            run.Branch is not { } branch || !trunks.TryGetValue(branch.Trunk, out var trunk) ? 0
            : began.TryGetValue(branch.Trunk, out var start) ? start + trunk.Seconds * branch.Step / trunk.Run.Spec.Training.Steps
            : double.PositiveInfinity;
    }
}
