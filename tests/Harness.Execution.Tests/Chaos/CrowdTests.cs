using Harness.Execution.Claims;
using Harness.Execution.Status;
using Harness.Execution.Store;
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
        var sweep = new Sweep(folder["sweep"], Some.Runs(3));
        using var first = HostProcess.Orchestrator(sweep.Folder, slots: 2, [.. Fast, ("GATE_STEP", 2)]);
        Assert.True(KillTests.WaitFor(() => sweep.Workers().Count > 0, TimeSpan.FromSeconds(180)), first.Output);

        using var second = HostProcess.Orchestrator(sweep.Folder, slots: 2, Fast);

        Assert.Equal((int)ExitCode.BadInput, second.WaitForExit());
        Assert.Contains($"process {first.Pid}", second.Output, StringComparison.Ordinal);
        sweep.OpenGate();
        Assert.True(first.WaitForExit() == 0, first.Output);
        sweep.AssertAsUndisturbed();
    }

    [Fact]
    public void Of_two_orchestrators_started_at_once_one_gives_way_and_no_run_is_doubled()
    {
        for (var repeat = 0; repeat < LongTests.Times(1, 5); repeat++)
        {
            using var folder = new TemporaryFolder();
            var sweep = new Sweep(folder["sweep"], Some.Runs(LongTests.Times(10, 100), steps: 10, secondsPerRun: 0.05));
            (string, int)[] settings = [.. Fast, ("GATE_STEP", 1)];
            using var first = HostProcess.Orchestrator(sweep.Folder, slots: LongTests.Times(2, 10), settings);
            using var second = HostProcess.Orchestrator(sweep.Folder, slots: LongTests.Times(2, 10), settings);
            Assert.True(KillTests.WaitFor(() => first.HasExited || second.HasExited, TimeSpan.FromSeconds(180)));
            sweep.OpenGate();
            int[] codes = [first.WaitForExit(), second.WaitForExit()];
            Assert.Equal([(int)ExitCode.Done, (int)ExitCode.BadInput], codes.Order());
            Assert.All(sweep.Standings(), s => Assert.Equal(1, s.Attempts));
            sweep.AssertAsUndisturbed();
        }
    }

    [Fact]
    public void An_orchestrator_whose_plan_another_start_replaced_says_so_and_ends()
    {
        using var folder = new TemporaryFolder();
        var sweep = new Sweep(folder["sweep"], Some.Runs(3));
        using var orchestrator = HostProcess.Orchestrator(sweep.Folder, slots: 1, [.. Fast, ("GATE_STEP", 2)]);
        Assert.True(KillTests.WaitFor(() => sweep.Workers().Count == 1, TimeSpan.FromSeconds(180)), orchestrator.Output);
        var worker = sweep.Workers()[0].Pid;

        RunStore.Create(sweep.Folder, "sweep", "x: 2\n"u8, Some.Runs(1));
        sweep.OpenGate();
        Files.Posix.Kill(worker, 9); // the next worker goes by the new plan

        Assert.Equal((int)ExitCode.SomeFailed, orchestrator.WaitForExit());
        Assert.Contains("another start gave the sweep a new plan", orchestrator.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_orchestrators_that_are_let_share_a_sweep_without_doubling_a_run()
    {
        for (var repeat = 0; repeat < LongTests.Times(1, 5); repeat++)
        {
            using var folder = new TemporaryFolder();
            var sweep = new Sweep(folder["sweep"], Some.Runs(LongTests.Times(20, 100), secondsPerRun: 0.1));
            (string, int)[] settings = [.. Fast, ("BESIDE", 1)];
            using var first = HostProcess.Orchestrator(sweep.Folder, slots: LongTests.Times(2, 10), settings);
            using var second = HostProcess.Orchestrator(sweep.Folder, slots: LongTests.Times(2, 10), settings);
            Assert.True(first.WaitForExit() == 0, first.Output);
            Assert.True(second.WaitForExit() == 0, second.Output);
            Assert.All(sweep.Standings(), s => Assert.Equal(1, s.Attempts));
            sweep.AssertAsUndisturbed();
        }
    }

    [Fact]
    public void A_worker_that_was_stopped_and_comes_back_publishes_nothing()
    {
        using var folder = new TemporaryFolder();
        var sweep = new Sweep(folder["sweep"], Some.Runs(1, steps: 40, secondsPerRun: 2));
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
