using Xunit.Abstractions;

namespace Harness.Execution.Tests.Chaos;

/// <summary>Families of runs on shared trunks under SIGKILL: orchestrators and workers die at random moments, and every run ends as if trained alone and undisturbed.</summary>
public class TrunkKillTests(ITestOutputHelper output)
{
    private static readonly (string, int)[] Fast =
        [("HEARTBEAT", 100), ("SNAPSHOT", 50), ("CHECKPOINT_STEPS", 4), ("KILLED_BUDGET", 1000), ("LOOK_AGAIN", 50)];

    [Fact]
    public void Trunks_and_branches_killed_at_random_end_as_if_trained_alone()
    {
        var (kills, onTrunks, random) = (0, 0, new Random(21));
        for (var wanted = LongTests.Times(6, 100); kills < wanted;)
        {
            using var folder = new TemporaryFolder();
            var sweep = new Sweep(folder["sweep"], [.. Trunks.Family.Of(seed: 1, secondsPerRun: 1.5, 48, 24, 12), .. Trunks.Family.Of(seed: 2, secondsPerRun: 1.5, 48, 32)]);
            while (!sweep.IsDone)
            {
                using var orchestrator = HostProcess.Orchestrator(sweep.Folder, slots: 2, Fast);
                while (!orchestrator.HasExited && kills < wanted)
                {
                    Thread.Sleep(random.Next(100, 900));
                    if (random.Next(3) == 0)
                    {
                        orchestrator.Kill();
                        kills++;
                    }
                    else if (sweep.Workers() is { Count: > 0 } workers)
                    {
                        Files.Posix.Kill(workers[random.Next(workers.Count)].Pid, 9);
                        kills++;
                    }
                }

                orchestrator.WaitForExit();
            }

            using var last = HostProcess.Orchestrator(sweep.Folder, slots: 2, Fast);
            Assert.True(last.WaitForExit() == 0, last.Output);
            sweep.AssertAsUndisturbed();
            onTrunks += sweep.Standings().Count(s => s.Result!.Inherited is not null);
        }

        Assert.True(onTrunks > 0);
        output.WriteLine($"{kills} kills; {onTrunks} branches began on their trunk");
    }
}
