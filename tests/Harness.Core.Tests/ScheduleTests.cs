using Harness.Core.Training;

namespace Harness.Core.Tests;

public sealed class ScheduleTests
{
    private const long Steps = 1000;

    [Fact]
    public void Warm_up_rises_linearly_and_its_first_step_trains()
    {
        var schedule = new ConstantSchedule { WarmupSteps = 9 };
        Assert.Equal([0.1, 0.2, 0.9, 1, 1], new long[] { 0, 1, 8, 9, 999 }.Select(s => schedule.FactorAt(s, Steps)), (a, b) => Math.Abs(a - b) < 1e-15);
    }

    [Fact]
    public void Cosine_is_halfway_between_peak_and_end_at_half_time()
    {
        var schedule = new CosineSchedule { WarmupSteps = 0, FinalFraction = 0.1 };
        Assert.Equal(1, schedule.FactorAt(0, Steps));
        Assert.Equal(0.55, schedule.FactorAt(500, Steps), 1e-12);
        Assert.InRange(schedule.FactorAt(999, Steps), 0.1, 0.1001);
    }

    [Fact]
    public void Linear_loses_the_same_every_step()
    {
        var schedule = new LinearSchedule { WarmupSteps = 100, FinalFraction = 0 };
        Assert.Equal(1.0 / 900, schedule.FactorAt(400, Steps) - schedule.FactorAt(401, Steps), 1e-12);
    }

    [Fact]
    public void Warmup_stable_decay_is_flat_until_the_cooldown_and_follows_one_minus_sqrt()
    {
        var schedule = new WarmupStableDecaySchedule { WarmupSteps = 10, DecaySteps = 200, FinalFraction = 0 };
        Assert.Equal(1, schedule.FactorAt(799, Steps));
        Assert.Equal(0.5, schedule.FactorAt(850, Steps), 1e-12); // 1 - sqrt(50/200)
    }

    [Fact]
    public void A_trunk_does_not_depend_on_where_its_branch_ends()
    {
        var shorter = new WarmupStableDecaySchedule { WarmupSteps = 10, DecaySteps = 100, FinalFraction = 0 };
        for (long step = 0; step < 400; step++)
        {
            Assert.Equal(shorter.FactorAt(step, Steps), shorter.FactorAt(step, 500));
        }
    }
}
