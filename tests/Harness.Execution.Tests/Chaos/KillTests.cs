using System.Diagnostics;
using Xunit.Abstractions;

namespace Harness.Execution.Tests.Chaos;

/// <summary>Real processes, killed with SIGKILL at random moments.</summary>
public class KillTests(ITestOutputHelper output)
{
    private static readonly (string, int)[] Fast =
        [("HEARTBEAT", 100), ("SNAPSHOT", 50), ("CHECKPOINT_STEPS", 4), ("KILLED_BUDGET", 1000), ("LOOK_AGAIN", 50)];

    [Fact]
    public void An_orchestrator_killed_again_and_again_still_ends_its_sweep_as_undisturbed()
    {
        var kills = 0;
        var random = new Random(11);
        for (var wanted = LongTests.Times(4, 200); kills < wanted;)
        {
            using var folder = new TemporaryFolder();
            var sweep = new Sweep(folder["sweep"], Some.Runs(6, steps: 40, secondsPerRun: 0.7));
            while (!sweep.IsDone && kills < wanted)
            {
                using var orchestrator = HostProcess.Orchestrator(sweep.Folder, slots: 2, Fast);
                if (WaitFor(() => orchestrator.HasExited, TimeSpan.FromMilliseconds(random.Next(150, 2500))))
                {
                    Assert.Equal(0, orchestrator.WaitForExit());
                    break;
                }

                orchestrator.Kill();
                kills++;
            }

            using var last = HostProcess.Orchestrator(sweep.Folder, slots: 2, Fast);
            Assert.True(last.WaitForExit() == 0, last.Output);
            sweep.AssertAsUndisturbed();
        }

        output.WriteLine($"{kills} kills of orchestrators");
    }

    [Fact]
    public void Workers_killed_at_random_steps_leave_no_trace_in_the_results()
    {
        var kills = 0;
        var random = new Random(12);
        for (var wanted = LongTests.Times(4, 50); kills < wanted;)
        {
            using var folder = new TemporaryFolder();
            var sweep = new Sweep(folder["sweep"], Some.Runs(5, steps: 40, secondsPerRun: 1));
            using var orchestrator = HostProcess.Orchestrator(sweep.Folder, slots: 2, Fast);
            while (!orchestrator.HasExited)
            {
                Thread.Sleep(random.Next(100, 700));
                if (kills < wanted && sweep.Workers() is { Count: > 0 } workers)
                {
                    Files.Posix.Kill(workers[random.Next(workers.Count)].Pid, 9);
                    kills++;
                }
            }

            Assert.True(orchestrator.WaitForExit() == 0, orchestrator.Output);
            sweep.AssertAsUndisturbed();
        }

        output.WriteLine($"{kills} kills of workers");
    }

    [Fact]
    public void Workers_end_by_themselves_when_their_orchestrator_is_killed()
    {
        using var folder = new TemporaryFolder();
        var sweep = new Sweep(folder["sweep"], Some.Runs(2, steps: 400, secondsPerRun: 60));
        using var orchestrator = HostProcess.Orchestrator(sweep.Folder, slots: 2, Fast);
        Assert.True(WaitFor(() => sweep.Workers().Count == 2, TimeSpan.FromSeconds(180)), orchestrator.Output);

        orchestrator.Kill();

        Assert.True(WaitFor(() => Sweep.ProcessesOn(sweep.Folder).Count == 0, TimeSpan.FromSeconds(180)));
        Assert.All(sweep.Standings(), s => Assert.Equal(Core.Runs.FailureCause.Preempted, s.Cause));
    }

    internal static bool WaitFor(Func<bool> condition, TimeSpan limit)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > limit)
            {
                return false;
            }

            Thread.Sleep(20);
        }

        return true;
    }
}
