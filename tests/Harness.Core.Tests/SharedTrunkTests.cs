using Harness.Core.Runs;
using Harness.Core.Training;

namespace Harness.Core.Tests;

public class SharedTrunkTests
{
    [Theory]
    [InlineData(1000, 200, 800)] // where the cooldown begins
    [InlineData(1000, 10, 950)] // before the last twentieth, whose losses the branch averages itself
    [InlineData(1000, 1000, 0)]
    [InlineData(10, 0, 9)]
    public void A_run_depends_on_its_budget_from_its_cooldown_on(long steps, int decay, long expected) =>
        Assert.Equal(expected, SharedTrunk.BranchStep(Wsd(steps, decay).Training));

    [Fact]
    public void Up_to_the_branch_step_the_rates_of_two_budgets_are_the_same_bits_and_after_it_they_are_not()
    {
        var (trunk, branch) = (Wsd(1000, 200).Training, Wsd(400, 80).Training);
        for (var step = 0L; step < 320; step++)
        {
            Assert.Equal(trunk.Schedule.FactorAt(step, 1000), branch.Schedule.FactorAt(step, 400));
        }

        Assert.NotEqual(trunk.Schedule.FactorAt(321, 1000), branch.Schedule.FactorAt(321, 400));
    }

    [Fact]
    public void Runs_share_until_the_shorter_cooldown_and_not_a_step_longer()
    {
        var (trunk, branch) = (Wsd(1000, 200), Wsd(400, 80));
        Assert.True(SharedTrunk.Share(trunk, branch, 320));
        Assert.True(SharedTrunk.Share(trunk, branch, 1));
        Assert.False(SharedTrunk.Share(trunk, branch, 321));
        Assert.False(SharedTrunk.Share(trunk, branch, 0));
    }

    [Fact]
    public void What_changes_a_step_before_the_cooldown_ends_the_sharing()
    {
        var (trunk, branch) = (Wsd(1000, 200), Wsd(400, 80));
        bool Shares(Func<TrainingSpec, TrainingSpec> change) => SharedTrunk.Share(trunk, branch with { Training = change(branch.Training) }, 300);
        Assert.False(Shares(t => t with { Seed = 9 }));
        Assert.False(Shares(t => t with { DataSeed = 9 }));
        Assert.False(Shares(t => t with { BatchTokens = 2 * t.BatchTokens }));
        Assert.False(Shares(t => t with { PeakLearningRate = 2 * t.PeakLearningRate }));
        Assert.False(Shares(t => t with { Optimizer = t.Optimizer with { Beta2 = 0.99 } }));
        Assert.False(Shares(t => t with { Precision = Precision.Bf16 }));
        Assert.False(Shares(t => t with { Schedule = t.Schedule with { WarmupSteps = 11 } }));
        Assert.False(Shares(t => t with { Schedule = new ConstantSchedule { WarmupSteps = 10 } }));
        Assert.False(Shares(t => t with { Evaluation = t.Evaluation with { EverySteps = 7 } }));
        Assert.False(SharedTrunk.Share(trunk, branch with { Model = branch.Model with { ModelDim = 2 * branch.Model.ModelDim } }, 300));
        Assert.False(SharedTrunk.Share(trunk, branch with { Data = branch.Data with { ContentHash = "other" } }, 300));
        Assert.True(Shares(t => t with { Schedule = (WarmupStableDecaySchedule)t.Schedule with { FinalFraction = 0.1 } })); // only how the cooldown ends
    }

    [Fact]
    public void Measuring_only_after_the_branch_step_is_measuring_alike()
    {
        TrainingSpec Every(int? steps) => Wsd(1000, 200).Training with { Evaluation = new EvaluationSpec(1024, steps) };
        Assert.True(SharedTrunk.MeasureAlike(Every(50), Every(50), 320));
        Assert.True(SharedTrunk.MeasureAlike(Every(1000), Every(400), 320)); // each at its own end
        Assert.True(SharedTrunk.MeasureAlike(Every(null), Every(400), 320));
        Assert.False(SharedTrunk.MeasureAlike(Every(1000), Every(320), 320));
    }

    [Fact]
    public void Rows_of_a_curve_do_not_depend_on_its_end_and_grow_with_the_logarithm()
    {
        var rows = Enumerable.Range(1, 1024).Where(s => CurveSteps.Includes(s, perOctave: 32)).ToList();
        Assert.Equal(Enumerable.Range(1, 64), rows.TakeWhile(s => s <= 64));
        foreach (var octave in (int[])[64, 128, 256, 512])
        {
            Assert.Equal(Enumerable.Range(1, 32).Select(i => octave + i * octave / 32), rows.Where(s => s > octave && s <= 2 * octave));
        }

        Assert.InRange(rows.Count, 1, CurveSteps.AtMost(1024, 32));
        Assert.Equal(20, CurveSteps.AtMost(20, 32));
    }

    [Fact]
    public void Savings_are_what_the_trunk_trains_for_its_branches()
    {
        // 4 budgets of 1, 2, 4 and 8 units with cooldowns of a fifth: the trunk trains 8; the others only their fifths, 0.2 + 0.4 + 0.8. Saved: 0.8 (1 + 2 + 4) = 5.6 of 15.
        PlannedRun[] alone = [.. ((long[])[1000, 2000, 4000, 8000]).Select(s => Planned(Wsd(s, (int)(s / 5))))];
        var trunk = alone[3].Id;
        PlannedRun[] shared =
        [
            .. alone.Take(3).Select(r => r with
            {
                Branch = new TrunkBranch(trunk, SharedTrunk.BranchStep(r.Spec.Training)!.Value),
                Estimate = new RunEstimate(Seconds: 2, 0, 0, SharedSeconds: 8),
            }),
            alone[3] with { Estimate = new RunEstimate(Seconds: 80, 0, 0) },
        ];
        Assert.Null(TrunkSavings.Of(alone));
        var savings = TrunkSavings.Of(shared)!;
        var batch = alone[0].Spec.Training.BatchTokens;
        Assert.Equal((1, 3), (savings.Trunks, savings.Branches));
        Assert.Equal(5600L * batch, savings.Tokens);
        Assert.Equal(15000L * batch, savings.TokensAlone);
        Assert.Equal(5.6 / 15, savings.Flops / savings.FlopsAlone, 12);
        Assert.Equal((24, 110), (savings.Seconds, savings.SecondsAlone));
        Assert.Null(TrunkSavings.Of([.. shared.Take(3), alone[3]])!.Seconds); // one without an estimate
    }

    private static PlannedRun Planned(RunSpec spec) => new() { Id = RunId.Of(spec), Name = $"{spec.Training.Steps}", Spec = spec };

    private static RunSpec Wsd(long steps, int decay)
    {
        var spec = Some.Run();
        return spec with
        {
            Training = spec.Training with
            {
                Steps = steps,
                Schedule = new WarmupStableDecaySchedule { WarmupSteps = Math.Min(10, (int)steps - decay), DecaySteps = decay, FinalFraction = 0 },
                Evaluation = new EvaluationSpec(1024, 50),
            },
        };
    }
}
