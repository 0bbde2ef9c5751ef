using Harness.Core.Runs;
using Harness.Execution.Status;
using Harness.Execution.Store;
using Harness.Execution.Synthetic;
using Harness.Execution.Workers;

namespace Harness.Execution.Tests;

public class WorkerTests
{
    [Fact]
    public void A_worker_trains_every_run_largest_first_and_leaves_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        var runs = new[] { Some.Run(1, width: 32), Some.Run(2, width: 128), Some.Run(3, width: 64) };
        var store = RunStore.Create(folder["sweep"], "sweep", "a: 1\n"u8, runs);

        var end = Worker.Run(store, new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings() }, default);

        Assert.Equal(WorkerEnd.NothingLeft, end);
        var completed = RunStore.Open(folder["sweep"]).Completed().ToList();
        Assert.Equal(runs.Select(r => r.Id), completed.Select(c => c.Run.Id));
        Assert.All(completed, c => Assert.Equal(RunStatus.Completed, c.Result.Status));
        Assert.All(completed, c => Assert.Equal(1, c.Attempts));
        var order = runs.OrderBy(r => File.GetLastWriteTimeUtc(folder[$"sweep/runs/{r.Id}/result.json"])).Select(r => r.Name);
        Assert.Equal(["d128-s2", "d64-s3", "d32-s1"], order);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder["sweep/workers"]));
        Assert.Equal("a: 1\n", File.ReadAllText(folder["sweep/sweep.yaml"]));
        Assert.All(new StatusReader(store, new()).Read(), s => Assert.Equal(RunState.Done, s.State));
        Assert.Equal(3 * 20, store.Curves().Count());
    }
}
