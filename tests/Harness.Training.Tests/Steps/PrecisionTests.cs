using Harness.Core.Runs;
using Harness.Core.Training;
using Harness.Training.Data;
using Harness.Training.Runs;
using Harness.Training.Steps;
using Harness.Training.Tests.Runs;
using static TorchSharp.torch;

namespace Harness.Training.Tests.Steps;

public sealed class PrecisionTests : TensorTest
{
    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void A_bf16_run_follows_the_fp32_run(string family)
    {
        var spec = Some.Run(Some.Variant(family), steps: 40);
        using var trainer = new TorchTrainer(new DataCatalog());
        List<MetricRow> Rows(Precision precision)
        {
            using var session = new MemorySession();
            trainer.Train(spec with { Training = spec.Training with { Precision = precision } }, session);
            return session.Rows;
        }

        // bf16 keeps 8 bits, so a loss near 3 is good to about 1 %; the same data and weights must give the same curve within that.
        var (full, half) = (Rows(Precision.Fp32), Rows(Precision.Bf16));
        Assert.All(full.Zip(half), pair => Assert.Equal(pair.First.TrainLoss!.Value, pair.Second.TrainLoss!.Value, 0.03));
        Assert.NotEqual(full[^1].TrainLoss, half[^1].TrainLoss);
    }

    [Fact]
    public void The_master_copy_keeps_updates_that_bf16_would_lose()
    {
        using var engine = new StepEngine(Some.Gpt2(), OptimizerSpec.Default with { WeightDecay = 0 }, Precision.Bf16, CPU, 2, 2, StepPath.Plain);
        engine.Initialize(1);
        GradientTests.Fill(engine, Some.Windows(engine.Model, 2));
        var gain = engine.Parameters.Layout["final_norm.gain"];
        for (var step = 1; step <= 20; step++)
        {
            engine.Compute();
            engine.Apply(1e-5, step); // a gain of 1 has steps of 2^-8 in bf16, far more than 20 updates of 1e-5
        }

        var master = engine.Parameters.Weights.narrow(0, gain.Offset, gain.Length).data<float>().ToArray();
        Assert.All(master, w => Assert.InRange(Math.Abs(w - 1), 1e-6, 3e-4));
        var shadow = engine.Parameters["final_norm.gain"].detach().to(ScalarType.Float32).data<float>().ToArray();
        Assert.All(shadow, w => Assert.Equal(1, w));
    }

    [Fact]
    public void A_hundred_steps_leave_no_tensor_behind()
    {
        using var engine = GradientTests.Engine(Some.Llama(), StepPath.Plain, 4, 2);
        engine.Compute();
        engine.Apply(1e-3, 1);
        var before = Tensor.TotalCount;
        for (var step = 2; step <= 100; step++)
        {
            engine.Compute();
            engine.Apply(1e-3, step);
            engine.Evaluate(3);
        }

        Assert.Equal(before, Tensor.TotalCount);
    }
}
