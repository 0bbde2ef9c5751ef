namespace Harness.Execution.Tests.Faults;

/// <summary>
/// The whole life of two runs (plan, claim, rows, checkpoints, result) with the N-th call on the disk going wrong, for every N. Afterwards the state is that
/// of before or after the call, and a restart ends exactly like an undisturbed sweep.
/// </summary>
public class FaultInjectionTests
{
    private static readonly FaultedSweep Sweep = new(Some.Runs(2, steps: 12));

    [Theory]
    [InlineData(nameof(Fault.Kill))]
    [InlineData(nameof(Fault.KillAfter))]
    [InlineData(nameof(Fault.IoError))]
    [InlineData(nameof(Fault.DiskFull))]
    public void Any_call_may_go_wrong_and_the_sweep_ends_as_undisturbed(string fault) => Sweep.AssertAnyCallMayFail(Enum.Parse<Fault>(fault));
}
