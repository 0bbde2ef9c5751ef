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
    public void Any_call_may_go_wrong_and_the_branch_ends_as_if_trained_alone(string fault) => Sweep.AssertAnyCallMayFail(Enum.Parse<Fault>(fault));

    [Fact]
    public void Faults_and_power_losses_in_a_row_are_survived_too() => Sweep.AssertFaultsInARowAreSurvived(seed: 17);
}
