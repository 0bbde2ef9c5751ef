using Harness.Core.Runs;
using Harness.Core.Training;

namespace Harness.Execution.Tests.Trunks;

/// <summary>Runs that differ in their budget only, under a schedule that lets them share a trunk.</summary>
internal static class Family
{
    /// <summary>The first budget's run is the trunk; the others branch off it.</summary>
    public static IReadOnlyList<PlannedRun> Of(long seed, params long[] steps) => Of(seed, secondsPerRun: 0, steps);

    public static IReadOnlyList<PlannedRun> Of(long seed, double secondsPerRun, params long[] steps)
    {
        var trunk = Alone(seed, steps[0], secondsPerRun);
        return
        [
            trunk,
            .. steps.Skip(1).Select(s => Alone(seed, s, secondsPerRun)).Select(r => r with { Branch = new TrunkBranch(trunk.Id, SharedTrunk.BranchStep(r.Spec.Training)!.Value) }),
        ];
    }

    public static PlannedRun Alone(long seed, long steps, double secondsPerRun = 0)
    {
        var spec = Some.Spec(seed, steps, secondsPerRun);
        spec = spec with
        {
            Training = spec.Training with { Schedule = new WarmupStableDecaySchedule { WarmupSteps = 2, DecaySteps = (int)(steps / 4), FinalFraction = 0 } },
        };
        return new PlannedRun { Id = RunId.Of(spec), Name = $"t{steps}-s{seed}", Spec = spec };
    }
}
