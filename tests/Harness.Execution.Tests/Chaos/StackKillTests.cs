using Harness.Execution.Status;

namespace Harness.Execution.Tests.Chaos;

/// <summary>Stacks in real processes, killed with SIGKILL.</summary>
public class StackKillTests
{
    [Fact]
    public void Workers_killed_with_whole_stacks_leave_no_trace_in_the_results()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(14);
        var sweep = new Sweep(folder["sweep"], Some.Runs(6, steps: 40, secondsPerRun: 1));
        using var orchestrator = HostProcess.Orchestrator(
            sweep.Folder, slots: 2, ("HEARTBEAT", 100), ("SNAPSHOT", 50), ("CHECKPOINT_STEPS", 4), ("KILLED_BUDGET", 1000), ("LOOK_AGAIN", 50), ("STACK", 3));
        var (kills, together) = (0, 0);
        var wanted = LongTests.Times(3, 50);
        while (!orchestrator.HasExited)
        {
            Thread.Sleep(random.Next(100, 500));
            var stacked = sweep.Standings().Where(s => s.Stack?.Count > 1).ToList();
            together += stacked.Count;
            if (kills < wanted && stacked.Count > 0 && sweep.Workers() is { Count: > 0 } workers)
            {
                Files.Posix.Kill(workers[random.Next(workers.Count)].Pid, 9);
                kills++;
            }
        }

        Assert.True(orchestrator.WaitForExit() == 0, orchestrator.Output);
        Assert.True(together > 0, "no stack was seen: " + orchestrator.Output);
        sweep.AssertAsUndisturbed();
    }

    [Fact]
    public void A_stack_killed_before_its_first_checkpoint_comes_back_half_as_large()
    {
        using var folder = new TemporaryFolder();
        var sweep = new Sweep(folder["sweep"], Some.Runs(4, steps: 40, secondsPerRun: 20));
        using (var worker = HostProcess.Worker(sweep.Folder, ("CHECKPOINT_STEPS", 100_000), ("STACK", 4)))
        {
            Assert.True(SpinWait.SpinUntil(() => sweep.Standings().TrueForAll(s => s.Stack?.Count == 4), TimeSpan.FromSeconds(60)), worker.Output);
            worker.Kill();
        }

        using var next = HostProcess.Worker(sweep.Folder, ("CHECKPOINT_STEPS", 100_000), ("STACK", 4));
        Assert.True(SpinWait.SpinUntil(() => sweep.Standings().Count(s => s.State == RunState.Running && s.Stack?.Count == 2) == 2, TimeSpan.FromSeconds(60)), next.Output);
        next.Kill();
    }
}
