using Harness.Core.Runs;
using Harness.Core.Training;

namespace Harness.Sweeps.Tests;

public sealed class SweepTests
{
    [Fact]
    public void A_file_without_a_sweep_section_is_one_run()
    {
        var plan = Some.Plan(Some.Base);
        var run = Assert.Single(plan.Runs);
        Assert.Equal("gpt2-l2-d64-t999k-s1", run.Name);
        Assert.Equal(488, run.Spec.Training.Steps);
        Assert.Equal(488 * 2048, run.Spec.Training.Tokens);
        var adjustment = Assert.Single(plan.Figures[0].Adjustments);
        Assert.Equal(("tokens", 1_000_000.0, 488 * 2048.0), (adjustment.Key, adjustment.Asked, adjustment.Used));
        Assert.Equal(new CosineSchedule { WarmupSteps = 10, FinalFraction = 0.1 }, run.Spec.Training.Schedule);
        Assert.Equal(49, run.Spec.Training.Evaluation.EverySteps);
        Assert.Equal(RunId.Of(run.Spec), run.Id);
    }
}
