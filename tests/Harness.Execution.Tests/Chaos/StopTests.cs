using Harness.Core.Runs;
using Harness.Execution.Status;

namespace Harness.Execution.Tests.Chaos;

/// <summary>Signals, and failures that have a name.</summary>
public class StopTests
{
    private static readonly (string, int)[] Fast = [("HEARTBEAT", 100), ("SNAPSHOT", 50), ("CHECKPOINT_STEPS", 1000), ("LOOK_AGAIN", 50)];

    [Theory]
    [InlineData(2)]
    [InlineData(15)]
    public void One_signal_saves_and_stops_and_the_next_start_goes_on_from_there(int signal)
    {
        using var folder = new TemporaryFolder();
        var sweep = new Sweep(folder["sweep"], Some.Runs(2, steps: 40, secondsPerRun: 4));
        using (var orchestrator = HostProcess.Orchestrator(sweep.Folder, slots: 2, Fast))
        {
            Assert.True(KillTests.WaitFor(() => sweep.Standings().TrueForAll(s => s.Progress?.Step > 3), TimeSpan.FromSeconds(180)), orchestrator.Output);
            orchestrator.Signal(signal);
            Assert.Equal((int)ExitCode.Interrupted, orchestrator.WaitForExit(180));
        }

        Assert.All(sweep.Standings(), s => Assert.Equal((RunState.Interrupted, FailureCause.Preempted), (s.State, s.Cause!.Value)));
        Assert.All(sweep.Store.Runs, r => Assert.Single(Directory.EnumerateDirectories(Path.Combine(sweep.Folder, "runs", r.Id.Value, "attempt-1", "checkpoints"))));
        using var again = HostProcess.Orchestrator(sweep.Folder, slots: 2, Fast);
        Assert.True(again.WaitForExit() == 0, again.Output);
        sweep.AssertAsUndisturbed();
        Assert.All(sweep.Store.Runs, r => Assert.Contains("goes on after step", File.ReadAllText(Path.Combine(sweep.Folder, "runs", r.Id.Value, "attempt-2", "log.jsonl")), StringComparison.Ordinal));
    }

    [Fact]
    public void A_second_signal_stops_at_once_and_uses_no_budget()
    {
        using var folder = new TemporaryFolder();
        var sweep = new Sweep(folder["sweep"], Some.Runs(1, steps: 40, secondsPerRun: 4));
        using var orchestrator = HostProcess.Orchestrator(sweep.Folder, slots: 1, Fast);
        Assert.True(KillTests.WaitFor(() => sweep.Workers().Count == 1, TimeSpan.FromSeconds(180)), orchestrator.Output);
        var worker = sweep.Workers()[0].Pid;
        Files.Posix.Kill(worker, 19); // A worker that can't hear the first signal.
        orchestrator.Signal(15);
        Assert.False(KillTests.WaitFor(() => orchestrator.HasExited, TimeSpan.FromSeconds(1)));
        orchestrator.Signal(15);
        Assert.Equal((int)ExitCode.Interrupted, orchestrator.WaitForExit(180));
        Assert.Empty(Sweep.ProcessesOn(sweep.Folder));
        Assert.Equal(FailureCause.Preempted, sweep.Standings()[0].Cause);
    }

    [Fact]
    public void Every_failure_has_its_name_its_log_and_its_budget_and_the_others_finish()
    {
        using var folder = new TemporaryFolder();
        var sweep = new Sweep(folder["sweep"], Some.Runs(6));
        (string, int)[] settings = [.. Fast, ("KILLED_BUDGET", 1)];
        using var orchestrator = HostProcess.Orchestrator(sweep.Folder, 1, "1=bug,2=user,3=oom,4=alwaysoom,5=die", settings);

        Assert.Equal((int)ExitCode.SomeFailed, orchestrator.WaitForExit());

        var s = sweep.Standings();
        Assert.Equal((RunState.Failed, FailureCause.Bug, 1), (s[0].State, s[0].Cause!.Value, s[0].Attempts));
        Assert.Equal((RunState.Failed, FailureCause.UserError, 1), (s[1].State, s[1].Cause!.Value, s[1].Attempts));
        Assert.Equal((RunState.Done, 4), (s[2].State, s[2].Attempts)); // 16 sequences a step: all, 8, 4, 2
        Assert.Equal((RunState.Failed, FailureCause.OutOfMemory, 4), (s[3].State, s[3].Cause!.Value, s[3].Attempts));
        Assert.True(s[5].State == RunState.Done, orchestrator.Output);
        Assert.Equal(2, s[4].Attempts);
        Assert.All(s, x => Assert.True(new FileInfo(x.LogPath!).Length > 0));
        Assert.Contains("a defect", s[0].Message, StringComparison.Ordinal);
        Assert.Contains("a crash", s[4].Message, StringComparison.Ordinal);
        Assert.Contains(s[0].LogPath!, orchestrator.Output, StringComparison.Ordinal);

        Assert.Equal(4, sweep.Store.RetryFailed(new() { Killed = 1 }));
        using var again = HostProcess.Orchestrator(sweep.Folder, 2, settings);
        Assert.True(again.WaitForExit() == 0, again.Output);
    }

    [Fact]
    public void A_device_that_failed_is_set_aside_and_its_run_goes_elsewhere()
    {
        using var folder = new TemporaryFolder();
        var sweep = new Sweep(folder["sweep"], Some.Runs(3, secondsPerRun: 4));
        (string, int)[] settings = [.. Fast, ("DEVICE_PER_SLOT", 1)];
        using var orchestrator = HostProcess.Orchestrator(sweep.Folder, 2, "1=device,2=device,3=device", settings);

        Assert.True(orchestrator.WaitForExit() == 0, orchestrator.Output);
        Assert.Contains("device cuda:0 failed and is set aside", orchestrator.Output, StringComparison.Ordinal);
        sweep.AssertAsUndisturbed();
        Assert.All(sweep.Store.Completed(), c => Assert.Equal("cuda:1", c.Result.Device));
    }
}
