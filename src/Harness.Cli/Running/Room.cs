using Harness.Cli.Hosting;
using Harness.Execution.Orchestration;
using Harness.Sweeps.Planning;

namespace Harness.Cli.Running;

/// <summary>Whether a sweep fits this machine, asked before anything starts.</summary>
internal static class Room
{
    /// <summary>Why it doesn't fit, a line each; empty if it does.</summary>
    /// <param name="plan">The sweep.</param>
    /// <param name="comparison">What of it is done.</param>
    /// <param name="slots">Where it would run.</param>
    /// <param name="folder">Where its results go.</param>
    public static IEnumerable<string> Problems(SweepPlan plan, PlanComparison comparison, IReadOnlyList<WorkerSlot> slots, string folder)
    {
        var open = comparison.Runs.Zip(plan.Figures).Where(r => r.First.Standing != RunStanding.Done).Select(r => r.Second).ToList();
        if (open.Count == 0)
        {
            yield break;
        }

        var disk = open.Sum(f => f.DiskBytes);
        if (FreeBytes(folder) is { } free && disk > free)
        {
            yield return $"{folder}: the runs may need {Figures.Bytes(disk)} of disk and {Figures.Bytes(free)} are free; free some room, give --results a larger disk, or --force.";
        }

        var onCpu = slots.Count(s => s.Device == "cpu");
        var memory = open.Select(f => f.Memory.Total).OrderDescending().Take(onCpu).Sum();
        if (onCpu > 0 && Machine.AvailableMemoryBytes is { } available && memory > available)
        {
            yield return $"{onCpu} workers may need {Figures.Bytes(memory)} of memory and {Figures.Bytes(available)} are available; use fewer --workers, set execution.micro_batch_sequences, or --force.";
        }
    }

    private static long? FreeBytes(string folder)
    {
        for (var at = new DirectoryInfo(Path.GetFullPath(folder)); at is not null; at = at.Parent)
        {
            if (at.Exists)
            {
                return new DriveInfo(at.FullName).AvailableFreeSpace;
            }
        }

        return null;
    }
}
