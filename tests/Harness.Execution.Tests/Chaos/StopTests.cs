using Harness.Core.Runs;
using Harness.Execution.Status;

namespace Harness.Execution.Tests.Chaos;

/// <summary>One signal saves and stops, a second one stops at once.</summary>
public class StopTests
{
    private static readonly (string, int)[] Fast = [("HEARTBEAT", 50), ("SNAPSHOT", 50), ("CHECKPOINT_STEPS", 1000), ("LOOK_AGAIN", 50), ("GATE_STEP", 5)];

    [Theory]
    [InlineData(2)]
    [InlineData(15)]
    public void One_signal_saves_and_stops_and_the_next_start_goes_on_from_there(int signal)
    {
        using var folder = new TemporaryFolder();
        var sweep = new Sweep(folder["sweep"], Some.Runs(2, steps: 40, secondsPerRun: 0.2));
        using (var orchestrator = HostProcess.Orchestrator(sweep.Folder, slots: 2, Fast))
        {
            Assert.True(KillTests.WaitFor(() => sweep.Standings().TrueForAll(s => s.Progress?.Step >= 5), TimeSpan.FromSeconds(180)), orchestrator.Output);
            orchestrator.Signal(signal);
            Assert.Equal((int)ExitCode.Interrupted, orchestrator.WaitForExit(180));
        }

        Assert.All(sweep.Standings(), s => Assert.Equal((RunState.Interrupted, FailureCause.Preempted), (s.State, s.Cause!.Value)));
        Assert.All(sweep.Store.Runs, r => Assert.Single(Directory.EnumerateDirectories(Path.Combine(sweep.Folder, "runs", r.Id.Value, "attempt-1", "checkpoints"))));
        sweep.OpenGate();
        using var again = HostProcess.Orchestrator(sweep.Folder, slots: 2, Fast);
        Assert.True(again.WaitForExit() == 0, again.Output);
        sweep.AssertAsUndisturbed();
        Assert.All(sweep.Store.Runs, r => Assert.Contains("goes on after step", File.ReadAllText(Path.Combine(sweep.Folder, "runs", r.Id.Value, "attempt-2", "log.jsonl")), StringComparison.Ordinal));
    }

    [Fact]
    public void A_second_signal_stops_at_once_and_uses_no_budget()
    {
        using var folder = new TemporaryFolder();
        var sweep = new Sweep(folder["sweep"], Some.Runs(1, steps: 40, secondsPerRun: 0.2));
        using var orchestrator = HostProcess.Orchestrator(sweep.Folder, slots: 1, Fast);
        Assert.True(KillTests.WaitFor(() => sweep.Workers().Count == 1, TimeSpan.FromSeconds(180)), orchestrator.Output);
        var worker = sweep.Workers()[0].Pid;
        Files.Posix.Kill(worker, 19); // A worker that can't hear the first signal.
        orchestrator.Signal(15);
        Assert.False(KillTests.WaitFor(() => orchestrator.HasExited, TimeSpan.FromSeconds(0.5)));
        orchestrator.Signal(15);
        Assert.Equal((int)ExitCode.Interrupted, orchestrator.WaitForExit(180));
        Assert.Empty(Sweep.ProcessesOn(sweep.Folder));
        Assert.Equal(FailureCause.Preempted, sweep.Standings()[0].Cause);
    }
}
