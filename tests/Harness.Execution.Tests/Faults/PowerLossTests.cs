namespace Harness.Execution.Tests.Faults;

/// <summary>The same with the power failing: what was not synced may be lost, kept or torn, each write by itself.</summary>
public class PowerLossTests
{
    private static readonly FaultedSweep Sweep = new(Some.Runs(2, steps: 12));

    [Fact]
    public void Power_may_fail_at_any_call_and_lose_what_was_not_synced()
    {
        var seeds = LongTests.Times(inShort: 2, inLong: 50);
        for (var n = 1; n <= Sweep.Calls; n++)
        {
            for (var seed = 0; seed < seeds; seed++)
            {
                var disk = new MemoryFiles();
                Sweep.PlayOnce(new FaultyFiles(disk, n, seed % 2 == 0 ? Fault.Kill : Fault.KillAfter), FaultedSweep.Process(1));
                disk.LosePower(new Random(1000 * n + seed));
                Sweep.AssertUndisturbed(disk, $"power loss at call {n}, seed {seed}");
            }
        }
    }

    [Fact]
    public void Two_faults_in_a_row_are_survived_too() => Sweep.AssertFaultsInARowAreSurvived(seed: 7);
}
