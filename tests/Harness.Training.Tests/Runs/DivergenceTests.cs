using Harness.Core.Runs;
using Harness.Training.Data;
using Harness.Training.Runs;
using Harness.Training.Steps;

namespace Harness.Training.Tests.Runs;

public sealed class DivergenceTests : TensorTest
{
    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_gradient_that_is_not_finite_stops_the_run_before_the_update(float poison)
    {
        IRunLane? parameters = null;
        float[] before = [];
        using var trainer = new TorchTrainer(new DataCatalog())
        {
            OnGradients = (p, step) =>
            {
                if (step == 7)
                {
                    parameters = p;
                    before = p.Weights.data<float>().ToArray();
                    using var one = p.Gradients.narrow(0, 3, 1);
                    one.fill_(poison);
                }
            },
        };
        using var session = new MemorySession();
        var result = trainer.Train(Some.Run(), session);
        Assert.Equal(RunStatus.Diverged, result.Status);
        Assert.Equal(7, result.DivergedAtStep);
        Assert.Equal(6, result.Steps);
        Assert.Null(result.ValidationLoss);
        Assert.Null(result.TrainLoss);
        Assert.Equal(6, session.Rows[^1].Step);
        Assert.Equal(before, parameters!.Weights.data<float>().ToArray());
        Assert.All(session.Rows, r => Assert.True(double.IsFinite(r.TrainLoss!.Value)));
    }

    [Fact]
    public void A_run_whose_learning_rate_is_absurd_diverges_by_itself()
    {
        using var trainer = new TorchTrainer(new DataCatalog());
        var spec = Some.Run(steps: 40);
        spec = spec with { Training = spec.Training with { PeakLearningRate = 1e25 } };
        using var session = new MemorySession();
        var result = trainer.Train(spec, session);
        Assert.Equal(RunStatus.Diverged, result.Status);
        Assert.InRange(result.DivergedAtStep!.Value, 2, 40);
        Assert.True(result.Steps < 40);
    }

    [Fact]
    public void The_next_run_of_the_same_trainer_does_not_notice()
    {
        var spec = Some.Run();
        using var healthy = new TorchTrainer(new DataCatalog());
        var expected = healthy.Train(spec, new MemorySession());
        var poison = true;
        using var trainer = new TorchTrainer(new DataCatalog())
        {
            OnGradients = (p, step) =>
            {
                if (poison && step == 5)
                {
                    p.Gradients.fill_(float.NaN);
                }
            },
        };
        Assert.Equal(RunStatus.Diverged, trainer.Train(spec, new MemorySession()).Status);
        poison = false;
        Assert.Equal(expected.WeightsHash, trainer.Train(spec, new MemorySession()).WeightsHash);
    }
}
