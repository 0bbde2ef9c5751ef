using Harness.Execution.Status;
using Harness.Execution.Tests.Chaos;

namespace Harness.Execution.Tests.SideBySide;

/// <summary>Workers of several runs at once in real processes, killed with SIGKILL.</summary>
public class SideBySideKillTests
{
    [Fact]
    public void Workers_killed_with_several_runs_in_hand_leave_no_trace_in_the_results()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(15);
        var sweep = new Sweep(folder["sweep"], [.. Some.Runs(3, steps: 40, secondsPerRun: 1), Some.Run(4, steps: 30, secondsPerRun: 1, width: 32), Some.Run(5, steps: 40, secondsPerRun: 1, width: 128)]);
        using var orchestrator = HostProcess.Orchestrator(
            sweep.Folder, slots: 1, ("HEARTBEAT", 100), ("SNAPSHOT", 50), ("CHECKPOINT_STEPS", 4), ("KILLED_BUDGET", 1000), ("LOOK_AGAIN", 50), ("RUNS_PER_WORKER", 3));
        var (kills, together) = (0, 0);
        var wanted = LongTests.Times(3, 50);
        while (!orchestrator.HasExited)
        {
            Thread.Sleep(random.Next(100, 500));
            var running = sweep.Standings().Where(s => s.State == RunState.Running).ToList();
            together += running.Count > 1 ? 1 : 0;
            if (kills < wanted && running.Count > 1 && sweep.Workers() is { Count: > 0 } workers)
            {
                Files.Posix.Kill(workers[random.Next(workers.Count)].Pid, 9);
                kills++;
            }
        }

        Assert.True(orchestrator.WaitForExit() == 0, orchestrator.Output);
        Assert.True(together > 0, "no two runs were seen at once: " + orchestrator.Output);
        Assert.True(kills > 0, orchestrator.Output);
        sweep.AssertAsUndisturbed();
    }
}
