using Harness.Core.Runs;
using Harness.Training.Data;
using Harness.Training.Measurement;
using Harness.Training.Runs;
using Harness.Training.Steps;
using Harness.Training.Tests.Runs;

namespace Harness.Training.Tests.Stacks;

public sealed class StackCalibrationTests : TensorTest
{
    [Fact]
    public void The_stack_with_the_most_steps_a_second_is_chosen()
    {
        // A launch-bound device: 1 ms whatever the stack, until 8 fill it.
        var asked = new List<int>();
        var advice = StackCalibration.Choose(64, members =>
        {
            asked.Add(members);
            return 1e-3 * Math.Max(1, members / 8.0);
        });
        Assert.Equal(8, advice.Members);
        Assert.Equal(8, advice.Gain);
        Assert.Equal([1, 2, 4, 8, 16], asked);
        Assert.Equal("8 together: 1 ms a step, alone 1 ms: 8.00 times the steps a second", advice.Describe());
    }

    [Fact]
    public void A_stack_that_brings_less_than_noise_is_left_alone_and_the_figures_say_so()
    {
        var advice = StackCalibration.Choose(4, members => 1e-3 * (members == 1 ? 1 : 0.96 * members));
        Assert.Equal(1, advice.Members);
        Assert.Equal("2 together: 1.92 ms a step, alone 1 ms: 1.04 times the steps a second; trained one by one", advice.Describe());
    }

    [Fact]
    public void A_stack_far_from_paying_is_asked_about_once()
    {
        var asked = new List<int>();
        StackCalibration.Choose(64, members =>
        {
            asked.Add(members);
            return members == 1 ? 1 : 3 * members;
        });
        Assert.Equal([1, 2], asked);
    }

    [Fact]
    public void The_largest_stack_need_not_be_a_power_of_two_and_too_large_a_one_ends_the_search()
    {
        Assert.Equal(6, StackCalibration.Choose(6, _ => 1).Members);
        Assert.Equal("2 together do not fit into memory; trained one by one", StackCalibration.Choose(8, members => members > 1 ? throw new Torch.TorchOutOfMemoryException("no room") : 1).Describe());
        Assert.Equal(4, StackCalibration.Choose(8, members => members > 4 ? throw new Torch.TorchOutOfMemoryException("no room") : 1).Members);
    }

    [Theory]
    [InlineData("step by step")]
    [InlineData("many steps at once")]
    public void A_trainer_times_its_own_steps_and_remembers(string how)
    {
        using var trainer = new TorchTrainer(new DataCatalog(), null, how == "step by step" ? StepPath.Fastest : StepPath.Device);
        var spec = Some.Run();
        var advice = trainer.Advise(spec, new ExecutionSettings { Device = "cpu" }, 2)!;
        Assert.Equal(2, advice.Tried);
        Assert.True(advice.SecondsAlone > 0 && advice.SecondsTogether > 0);
        Assert.Same(advice, trainer.Advise(spec with { Training = spec.Training with { Seed = 9, PeakLearningRate = 3 } }, new ExecutionSettings { Device = "cpu" }, 2));
        using var session = new MemorySession();
        Assert.Equal(RunStatus.Completed, trainer.Train(spec, session).Status);
    }
}
