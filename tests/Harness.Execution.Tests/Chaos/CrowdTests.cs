using Harness.Execution.Claims;
using Harness.Execution.Status;
using Harness.Execution.Synthetic;
using Harness.Execution.Workers;
using Xunit.Abstractions;

namespace Harness.Execution.Tests.Chaos;

/// <summary>Many workers, and more than one orchestrator, on one sweep.</summary>
public class CrowdTests(ITestOutputHelper output)
{
    private static readonly (string, int)[] Fast = [("HEARTBEAT", 200), ("SNAPSHOT", 100), ("LOOK_AGAIN", 50)];

    [Fact]
    public void A_hundred_runs_and_twenty_workers_lose_and_double_nothing()
    {
        for (var repeat = 0; repeat < LongTests.Times(1, 5); repeat++)
        {
            using var folder = new TemporaryFolder();
            var sweep = new Sweep(folder["sweep"], Some.Runs(100, steps: 10, secondsPerRun: 0.02));
            using var end = new CancellationTokenSource();
            var readings = 0;
            var reader = new Thread(() => readings = ReadInALoop(sweep, end.Token));
            reader.Start();
            var workers = Enumerable.Range(0, 20).Select(_ => new Thread(() => Work(sweep))).ToList();
            workers.ForEach(w => w.Start());
            workers.ForEach(w => w.Join());
            end.Cancel();
            reader.Join();

            output.WriteLine($"{readings} readings of the whole status meanwhile");
            Assert.All(sweep.Standings(), s => Assert.Equal(1, s.Attempts));
            sweep.Store.RemoveLeftovers();
            sweep.AssertAsUndisturbed();
        }
    }

    [Fact]
    public void Twenty_worker_processes_lose_and_double_nothing()
    {
        var (runs, processes) = LongTests.Wanted ? (100, 20) : (20, 4);
        for (var repeat = 0; repeat < LongTests.Times(1, 5); repeat++)
        {
            using var folder = new TemporaryFolder();
            var sweep = new Sweep(folder["sweep"], Some.Runs(runs, steps: 10, secondsPerRun: 0.05));
            var workers = Enumerable.Range(0, processes).Select(_ => HostProcess.Worker(sweep.Folder, Fast)).ToList();
            Assert.All(workers, w => Assert.True(w.WaitForExit() == 0, w.Output));
            workers.ForEach(w => w.Dispose());
            Assert.All(sweep.Standings(), s => Assert.Equal(1, s.Attempts));
            sweep.AssertAsUndisturbed();
        }
    }

    [Fact]
    public void A_second_orchestrator_refuses_and_names_the_first()
    {
        using var folder = new TemporaryFolder();
        var sweep = new Sweep(folder["sweep"], Some.Runs(3, secondsPerRun: 4));
        using var first = HostProcess.Orchestrator(sweep.Folder, slots: 2, Fast);
        Assert.True(KillTests.WaitFor(() => sweep.Workers().Count > 0, TimeSpan.FromSeconds(180)), first.Output);

        using var second = HostProcess.Orchestrator(sweep.Folder, slots: 2, Fast);

        Assert.Equal((int)ExitCode.BadInput, second.WaitForExit());
        Assert.Contains($"process {first.Pid}", second.Output, StringComparison.Ordinal);
        Assert.True(first.WaitForExit() == 0, first.Output);
        sweep.AssertAsUndisturbed();
    }

    [Fact]
    public void Two_orchestrators_that_are_let_share_a_sweep_without_doubling_a_run()
    {
        using var folder = new TemporaryFolder();
        var sweep = new Sweep(folder["sweep"], Some.Runs(20, secondsPerRun: 0.2));
        (string, int)[] settings = [.. Fast, ("BESIDE", 1)];
        using var first = HostProcess.Orchestrator(sweep.Folder, slots: 2, settings);
        using var second = HostProcess.Orchestrator(sweep.Folder, slots: 2, settings);
        Assert.True(first.WaitForExit() == 0, first.Output);
        Assert.True(second.WaitForExit() == 0, second.Output);
        Assert.All(sweep.Standings(), s => Assert.Equal(1, s.Attempts));
        sweep.AssertAsUndisturbed();
    }

    [Fact]
    public void A_worker_that_was_stopped_and_comes_back_publishes_nothing()
    {
        using var folder = new TemporaryFolder();
        var sweep = new Sweep(folder["sweep"], Some.Runs(1, steps: 40, secondsPerRun: 3));
        (string, int)[] settings = [("HEARTBEAT", 50), ("STALE", 1500), ("LOOK_AGAIN", 100), ("CHECKPOINT_STEPS", 4), ("WAIT_FOR_OTHERS", 1)];
        using var sleeper = HostProcess.Worker(sweep.Folder, settings);
        Assert.True(KillTests.WaitFor(() => sweep.Standings()[0].Progress?.Step >= 5, TimeSpan.FromSeconds(180)), sleeper.Output);
        sleeper.Signal(19); // SIGSTOP

        using var other = HostProcess.Worker(sweep.Folder, settings);
        Assert.True(KillTests.WaitFor(() => sweep.Standings()[0].Attempts == 2, TimeSpan.FromSeconds(180)), other.Output);
        sleeper.Signal(18); // SIGCONT

        Assert.Equal(0, other.WaitForExit());
        Assert.Equal(0, sleeper.WaitForExit());
        Assert.Equal(2, RunLook.At(sweep.Store.Files, sweep.Store.FolderOf(sweep.Store.Runs[0].Id)).Finished!.Attempt);
        sweep.AssertAsUndisturbed();
    }

    private static int ReadInALoop(Sweep sweep, CancellationToken end)
    {
        var readings = 0;
        for (; !end.IsCancellationRequested; readings++)
        {
            if (sweep.Standings().Find(s => s.State is RunState.Failed || s.Message is not null) is { } torn)
            {
                throw new InvalidOperationException($"a reader saw {torn.State}: {torn.Message}");
            }
        }

        return readings;
    }

    private static void Work(Sweep sweep) => Worker.Run(
        sweep.Store,
        new SyntheticTrainer(),
        new WorkerOptions { Settings = Some.Settings(), HeartbeatEvery = TimeSpan.FromMilliseconds(100) },
        default);
}
