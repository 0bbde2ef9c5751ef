using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Orchestration;
using Harness.Execution.Store;
using Harness.Execution.Synthetic;
using Harness.Execution.Tests.Faults;
using Harness.Execution.Workers;

namespace Harness.Execution.Tests;

/// <summary>What is estimated is held against what there is, before anything starts.</summary>
public class PreflightTests
{
    private static readonly WorkerSlot[] OneWorker = [new(0, "cpu")];
    private static readonly WorkerSlot[] TwoWorkers = [new(0, "cpu"), new(1, "cpu")];

    /// <summary>Of a run that needs 300 bytes of disk at its fullest (100 at rest), and of memory as many as given.</summary>
    private static PlannedRun Run(long seed, long memory) => Some.Run(seed) with { Estimate = new RunEstimate(1, memory, 300) };

    [Theory]
    [InlineData(500, 0)] // 3 runs at rest, and two more checkpoints of the one that is trained
    [InlineData(499, 1)]
    public void Too_little_disk_is_said_with_what_is_needed_and_what_there_is(long free, int problems)
    {
        var (disk, store) = Store(Run(1, 10), Run(2, 10), Run(3, 10));
        disk.Free = free;
        var found = Preflight.Problems(store, OneWorker, _ => null, () => 1000);
        Assert.Equal(problems, found.Count);
        Assert.All(found, p => Assert.Equal("/sweep: the runs that are left need about 500 B of disk and 499 B are free. Free some room or put the results elsewhere.", p));
    }

    [Fact]
    public void Finished_runs_need_no_more_disk()
    {
        var (disk, store) = Store(Run(1, 10), Run(2, 10), Run(3, 10));
        Worker.Run(store, new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings() }, default);
        disk.Free = 0;
        Assert.Empty(Preflight.Problems(store, OneWorker, _ => null, () => 0));
    }

    [Theory]
    [InlineData(70, 0)]
    [InlineData(69, 1)]
    public void The_largest_runs_that_may_lie_in_memory_together_must_fit(long free, int problems)
    {
        var (_, store) = Store(Run(1, 30), Run(2, 40), Run(3, 20));
        var found = Preflight.Problems(store, TwoWorkers, _ => null, () => free);
        Assert.Equal(problems, found.Count);
        Assert.All(found, p => Assert.Equal("cpu: the 2 largest runs side by side need about 70 B of memory and 69 B are free. Use fewer workers or smaller micro-batches.", p));
    }

    [Fact]
    public void Every_device_is_asked_once_and_one_that_does_not_tell_refuses_nothing()
    {
        var (_, store) = Store(Run(1, 30), Run(2, 40), Run(3, 20));
        var asked = new List<string>();
        long? Free(string device)
        {
            asked.Add(device);
            return device == "cuda:0" ? 39 : null;
        }

        var found = Preflight.Problems(store, [new(0, "cuda:0"), new(1, "cuda:1"), new(2, "cuda:1")], Free, () => 0);

        Assert.Equal("cuda:0: the 1 largest runs side by side need about 40 B of memory and 39 B are free. Use fewer workers or smaller micro-batches.", Assert.Single(found));
        Assert.Equal(["cuda:0", "cuda:1"], asked);
    }

    [Fact]
    public void The_memory_of_this_machine_is_known() => Assert.InRange(Preflight.AvailableMemory()!.Value, 1 << 20, 1L << 50);

    private static (MemoryFiles, RunStore) Store(params PlannedRun[] runs)
    {
        var disk = new MemoryFiles();
        return (disk, StoreFoundation.Lay(disk, ProcessIdentity.Current, "/sweep", "sweep", "x: 1\n"u8, runs));
    }
}
