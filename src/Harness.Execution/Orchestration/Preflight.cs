using System.Globalization;
using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Files;
using Harness.Execution.Status;
using Harness.Execution.Store;

namespace Harness.Execution.Orchestration;

/// <summary>Holds the plan's estimates of disk and memory against what there is, before anything is started.</summary>
public static class Preflight
{
    /// <summary>Checkpoints that a run's disk estimate counts: two kept and one being written.</summary>
    private const int CheckpointsAtFullest = 3;

    /// <summary>What there is too little of, a line each; empty if all is well. Runs without an estimate are not counted.</summary>
    /// <param name="store">The sweep.</param>
    /// <param name="slots">Workers that run side by side.</param>
    /// <param name="freeDeviceMemory">Free memory of a device in bytes, null where unknown; asked once for each device but <c>cpu</c>.</param>
    public static IReadOnlyList<string> Problems(RunStore store, IReadOnlyList<WorkerSlot> slots, Func<string, long?> freeDeviceMemory)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(slots);
        ArgumentNullException.ThrowIfNull(freeDeviceMemory);
        return Problems(store, slots, freeDeviceMemory, AvailableMemory);
    }

    internal static IReadOnlyList<string> Problems(RunStore store, IReadOnlyList<WorkerSlot> slots, Func<string, long?> freeDeviceMemory, Func<long?> freeMemory)
    {
        var estimates = new StatusReader(store, new RetryBudget()).Read()
            .Where(s => !s.IsFinal)
            .Select(s => s.Run.Estimate)
            .OfType<RunEstimate>()
            .ToList();
        var problems = new List<string>();
        CheckDisk(store, slots.Count, estimates, problems);
        foreach (var device in slots.GroupBy(s => s.Device))
        {
            var needed = estimates.Select(e => e.PeakMemoryBytes).OrderDescending().Take(device.Count()).Sum();
            var free = device.Key == "cpu" ? freeMemory() : freeDeviceMemory(device.Key);
            if (needed > free)
            {
                problems.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{device.Key}: the {device.Count()} largest runs side by side need about {DiskFull.Text(needed)} of memory and {DiskFull.Text(free.Value)} are free. Use fewer workers or smaller micro-batches."));
            }
        }

        return problems;
    }

    /// <summary>Bytes that a process can still take: what the kernel calls available, or what the control group leaves, whichever is less; null where neither can be read.</summary>
    public static long? AvailableMemory()
    {
        var machine = MachineAvailable();
        var group = ControlGroup.OfThisProcess()?.AvailableBytes();
        return machine is { } m && group is { } g ? Math.Min(m, g) : machine ?? group;
    }

    private static void CheckDisk(RunStore store, int workers, List<RunEstimate> estimates, List<string> problems)
    {
        var kept = estimates.Sum(e => e.SnapshotBytes ?? 0); // all trunks may be done before the first branch is
        var ordinary = estimates.ConvertAll(e => e.DiskBytes - (e.SnapshotBytes ?? 0));
        var largest = ordinary.OrderDescending().Take(workers).Sum();
        var resting = ordinary.Sum(b => b / CheckpointsAtFullest);
        var needed = resting + largest * (CheckpointsAtFullest - 1) / CheckpointsAtFullest + kept;
        var free = store.Files.FreeBytes(store.Folder);
        if (needed > free)
        {
            problems.Add($"{store.Folder}: the runs that are left need about {DiskFull.Text(needed)} of disk and {DiskFull.Text(free)} are free. Free some room or put the results elsewhere.");
        }
    }

    private static long? MachineAvailable()
    {
        try
        {
            const string Key = "MemAvailable:";
            var line = File.ReadLines("/proc/meminfo").FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal));
            return line is null ? null : 1024 * long.Parse(line[Key.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
