using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;

namespace Harness.Core.Tests;

public class StackTests
{
    [Fact]
    public void Runs_that_differ_in_seeds_rates_schedule_and_optimiser_share_a_shape()
    {
        var spec = Some.Run();
        var other = spec with
        {
            Data = spec.Data with { Paths = ["elsewhere"] },
            Training = spec.Training with
            {
                Seed = 99,
                DataSeed = 98,
                PeakLearningRate = 0.5,
                Schedule = new LinearSchedule { WarmupSteps = 3, FinalFraction = 0 },
                Optimizer = new OptimizerSpec(0.8, 0.99, 1e-6, 0, null),
            },
        };
        Assert.NotEqual(RunId.Of(spec), RunId.Of(other));
        Assert.Equal(StackShape.Of(spec), StackShape.Of(other));
    }

    [Fact]
    public void Runs_that_differ_in_anything_that_shapes_the_computation_do_not()
    {
        var spec = Some.Run();
        var t = spec.Training;
        RunSpec[] others =
        [
            spec with { Model = spec.Model with { ModelDim = 2 * spec.Model.ModelDim } },
            spec with { Model = spec.Model with { TiedHead = !spec.Model.TiedHead } },
            spec with { Model = spec.Model with { MaximalUpdate = new MaximalUpdate(32) } },
            spec with { Data = spec.Data with { UniqueTokens = 12345 } },
            spec with { Training = t with { Steps = t.Steps + 1 } },
            spec with { Training = t with { BatchTokens = 2 * t.BatchTokens } },
            spec with { Training = t with { Precision = Precision.Bf16 } },
            spec with { Training = t with { Evaluation = t.Evaluation with { Tokens = 2 * t.Evaluation.Tokens } } },
        ];
        Assert.All(others, o => Assert.NotEqual(StackShape.Of(spec), StackShape.Of(o)));
        Assert.Equal(others.Length, others.Select(StackShape.Of).Distinct().Count());
    }

    [Theory]
    [InlineData(4, 5.3e-3, 12.1e-3, 1.752)]
    [InlineData(2, 1, 2, 1)]
    public void The_gain_is_the_ratio_of_steps_a_second(int members, double alone, double together, double gain) =>
        Assert.Equal(gain, new StackAdvice(members, members, alone, together).Gain!.Value, 1e-3);
}
