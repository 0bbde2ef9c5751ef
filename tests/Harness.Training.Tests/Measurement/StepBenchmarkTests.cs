using System.Text.Json;
using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Training.Measurement;
using Harness.Training.Steps;

namespace Harness.Training.Tests.Measurement;

public sealed class StepBenchmarkTests : TensorTest
{
    [Fact]
    public void A_benchmark_reports_figures_that_agree_with_each_other()
    {
        var model = Some.Gpt2(dim: 32, context: 16);
        var result = StepBenchmark.Run(new StepBenchmarkRequest { Model = model, BatchRows = 4, Steps = 5 });
        Assert.Equal(64, result.BatchTokens);
        Assert.Equal(64 / result.StepSecondsMedian, result.TokensPerSecond, 1e-6 * result.TokensPerSecond);
        Assert.True(result.StepSecondsMin <= result.StepSecondsMedian && result.StepSecondsMedian <= result.StepSecondsMax);
        Assert.Equal(result.TokensPerSecond * FlopsPerToken.Of(model).Kaplan / 1e9, result.Gigaflops, 1e-9);
        Assert.InRange(result.ShareOfPeak, 1e-6, 1.2);
        Assert.True(result.PeakMemoryBytes > 10_000_000);
        using var json = JsonDocument.Parse(JsonSerializer.Serialize(result));
        Assert.Equal(result.TokensPerSecond, json.RootElement.GetProperty("tokens_per_second").GetDouble());
    }

    [Fact]
    public void Where_a_device_is_given_many_steps_at_once_it_is_those_that_are_timed()
    {
        var result = StepBenchmark.Run(new StepBenchmarkRequest { Model = Some.Gpt2(), BatchRows = 4, Steps = 3, WarmupSteps = 0, Path = StepPath.Device });
        Assert.Contains("tensor operations, eager: not on a GPU", result.Engine, StringComparison.Ordinal);
        Assert.Equal(32 / result.StepSecondsMedian, result.TokensPerSecond, 1e-6 * result.TokensPerSecond);
        Assert.Null(result.KernelsPerStep); // there is no graph to count them in
        Assert.Null(result.GigabytesPerSecond);
        Assert.Null(result.ShareOfDeclaredPeak);
    }

    [Fact]
    public void A_calibration_measures_a_few_models_and_interpolates_the_rest()
    {
        var measured = new List<ModelSpec>();
        // A device with a fixed cost a token and a speed: what small and large models look like.
        double Speed(ModelSpec m) => 1 / (1e-6 + FlopsPerToken.Of(m).Kaplan / 1e11);
        var calibration = new SpeedCalibration(new ExecutionSettings { Device = "cpu" }, (m, _) =>
        {
            measured.Add(m);
            return Speed(m);
        });
        foreach (var dim in new[] { 64, 512, 128, 256, 96, 192, 384, 64, 1024 })
        {
            var model = Some.Gpt2(layers: 4, dim: dim, heads: 4, context: 128, vocabulary: 256);
            var estimate = calibration.TokensPerSecond(model, Some.Run(model).Training)!.Value;
            Assert.InRange(estimate / Speed(model), 0.8, 1.25);
        }

        Assert.Equal([64, 512, 128, 256], measured.Select(m => m.ModelDim));
    }

    [Fact]
    public void A_calibration_of_a_device_that_is_not_there_says_nothing() =>
        Assert.Null(new SpeedCalibration(new ExecutionSettings { Device = "cuda:99" }).TokensPerSecond(Some.Gpt2(), Some.Run().Training));

    [Theory]
    [InlineData(64, 128, 16, 4)]
    [InlineData(128, 256, 8, 4)]
    [InlineData(256, 256, 8, 8)]
    [InlineData(64, 128, 6, 3)]
    [InlineData(64, 4096, 7, 1)]
    public void Micro_batches_on_a_CPU_divide_the_batch_and_hold_at_most_8_d_tokens(int dim, int context, int batch, int rows) =>
        Assert.Equal(rows, Training.Steps.MicroBatch.Rows(Some.Gpt2(layers: 2, dim: dim, heads: 2, context: context, vocabulary: 256), batch, onCpu: true));
}
