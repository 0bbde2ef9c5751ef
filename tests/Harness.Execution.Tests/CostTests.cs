using Harness.Execution.Claims;
using Harness.Execution.Status;
using Harness.Execution.Store;
using Harness.Execution.Synthetic;
using Harness.Execution.Tests.Faults;
using Harness.Execution.Workers;

namespace Harness.Execution.Tests;

/// <summary>What the store costs, in things that can be counted; seconds are <c>./harness benchmarks store</c>.</summary>
public class CostTests
{
    [Fact]
    public void A_run_costs_as_many_calls_in_a_large_sweep_as_in_a_small_one()
    {
        Assert.Equal(CallsARun(40), CallsARun(4));
    }

    [Fact]
    public void A_status_of_thousands_of_runs_keeps_no_file_open_and_allocates_a_few_kilobytes_a_run()
    {
        using var folder = new TemporaryFolder();
        var runs = Some.Runs(3000);
        var store = RunStore.Create(folder["sweep"], "sweep", "x: 1\n"u8, runs);
        var some = RunStore.Create(folder["some"], "sweep", "x: 1\n"u8, [.. runs.Take(100)]);
        Worker.Run(some, new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings(null) }, default);
        foreach (var finished in Directory.GetDirectories(folder["some/runs"]))
        {
            Directory.Move(finished, Path.Combine(folder["sweep/runs"], Path.GetFileName(finished)));
        }

        Read(store); // compiles the code
        var (files, bytes) = (OpenFiles(folder.Path), GC.GetAllocatedBytesForCurrentThread());
        var standings = Read(store);

        Assert.Equal((100, 2900), (standings[RunState.Done], standings[RunState.Queued]));
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - bytes) / 3000.0, 0, 8000);
        Assert.Equal((0, 0), (files, OpenFiles(folder.Path)));
    }

    private static Dictionary<RunState, int> Read(RunStore store) =>
        new StatusReader(store, new RetryBudget()).Read().GroupBy(s => s.State).ToDictionary(g => g.Key, g => g.Count());

    /// <summary>Calls that change the disk, a run, from claim to result.</summary>
    private static double CallsARun(int count)
    {
        var counting = new FaultyFiles(new MemoryFiles(), at: -1, Fault.Kill);
        var store = StoreFoundation.Lay(counting, ProcessIdentity.Current, "/sweep", "sweep", "x: 1\n"u8, Some.Runs(count));
        var before = counting.Calls + 4; // the worker's own folder: the one around it, cleared, made, removed
        Worker.Run(store, new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings(null), HeartbeatEvery = TimeSpan.FromHours(1) }, default);
        return (counting.Calls - before) / (double)count;
    }

    private static int OpenFiles(string folder) =>
        new DirectoryInfo("/proc/self/fd").EnumerateFileSystemInfos().Count(f => f.LinkTarget?.StartsWith(folder, StringComparison.Ordinal) == true);
}
