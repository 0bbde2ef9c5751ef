using Harness.Execution.Tests.Trunks;

namespace Harness.Execution.Tests.Faults;

/// <summary>The life of a trunk and a branch with the N-th call on the disk going wrong, for every N: both end as if trained alone.</summary>
public class TrunkFaultTests
{
    private static readonly FaultedSweep Sweep = new(Family.Of(seed: 1, 12, 8));

    [Theory]
    [InlineData(nameof(Fault.Kill))]
    [InlineData(nameof(Fault.KillAfter))]
    [InlineData(nameof(Fault.IoError))]
    [InlineData(nameof(Fault.DiskFull))]
    public void Any_call_may_go_wrong_and_the_branch_ends_as_if_trained_alone(string fault)
    {
        for (var n = 1; n <= Sweep.Calls; n++)
        {
            var disk = new MemoryFiles();
            var faulty = new FaultyFiles(disk, n, Enum.Parse<Fault>(fault));
            Sweep.PlayUntilDone(faulty, process: 1);
            Assert.True(faulty.Happened, $"call {n} was never made");
            Sweep.AssertUndisturbed(disk, $"{fault} at call {n}");
        }
    }

    [Fact]
    public void Faults_and_power_losses_in_a_row_are_survived_too()
    {
        var random = new Random(17);
        for (var i = 0; i < LongTests.Times(100, 5000); i++)
        {
            var disk = new MemoryFiles();
            for (var process = 1; process <= 3; process++)
            {
                Sweep.PlayOnce(new FaultyFiles(disk, random.Next(1, Sweep.Calls), (Fault)random.Next(4)), FaultedSweep.Process(process));
                if (random.Next(2) == 0)
                {
                    disk.LosePower(random);
                }
            }

            Sweep.AssertUndisturbed(disk, $"round {i}");
        }
    }
}
