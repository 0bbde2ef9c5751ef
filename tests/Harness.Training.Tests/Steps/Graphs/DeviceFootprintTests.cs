using Harness.Core.Models;
using Harness.Core.Training;
using Harness.DeviceTwin;
using Harness.Torch;
using Harness.Training.Models;
using Harness.Training.Optimization;
using Harness.Training.Steps.Graphs;
using static TorchSharp.torch;

namespace Harness.Training.Tests.Steps.Graphs;

/// <summary>The plan's formula for a GPU's memory against the bytes that the same step keeps alive on the CPU, where plain attention stands in for the fused one.</summary>
public sealed class DeviceFootprintTests : TensorTest
{
    [Theory]
    [InlineData("gpt2", 4, 64, 4, 64, 256, Precision.Fp32)]
    [InlineData("gpt2", 3, 64, 2, 32, 2048, Precision.Fp32)]
    [InlineData("llama", 3, 64, 2, 32, 256, Precision.Bf16)]
    public void Estimated_bytes_are_within_fifteen_percent_of_those_alive_at_the_peak(string family, int layers, int dim, int heads, int context, int vocabulary, Precision precision)
    {
        const int rows = 3;
        using var scope = NewDisposeScope();
        var model = family == "gpt2" ? Some.Gpt2(layers, dim, heads, context, vocabulary) : Some.Llama(layers, dim, heads, context, vocabulary);
        var half = precision == Precision.Bf16;
        zeros(1).Dispose();
        using var tally = new TensorTally();
        using var parameters = new FlatParameters(ParameterLayout.Of(model), precision, CPU);
        using var moments = new Moments(parameters);
        var kernels = DeviceKernels.Compile(model, half, Twin.Driver, Twin.Compiler, Twin.Cache, 0, out var reason) ?? throw new InvalidOperationException(reason);
        using var step = new DeviceStep(
            parameters, new KernelGradients(parameters, kernels, leavesShadow: true, ownsKernels: true), new KernelUpdate([OptimizerSpec.Default], parameters, moments.FirstMoment, moments.SecondMoment, kernels), rows, rows, 8);
        using var tokens = zeros([1000], ScalarType.Byte);
        step.Run(tokens);
        step.Run(tokens);
        var found = tally.PeakBytes;
        var head = ChunkedHead.PieceBytes(CPU);
        var expected = DeviceFootprint.State(ParameterCounts.Of(model).Total, half) + DeviceFootprint.Step(model, rows, half, plainAttention: true, headBytes: head);
        Assert.True(Math.Abs(expected / (double)found - 1) < 0.15, $"estimated {expected}, found {found}: {100 * (expected / (double)found - 1):F1} %");
    }

    [Fact]
    public void A_large_model_goes_through_in_as_many_sequences_as_fit()
    {
        var model = Some.Gpt2(layers: 12, dim: 768, heads: 12, context: 1024, vocabulary: 50304);
        var rows = DeviceFootprint.MicroBatch(model, 512);
        Assert.InRange(DeviceFootprint.Step(model, rows, half: false), 8.0 * (1L << 30), 16.5 * (1L << 30));
        Assert.Equal(0, 512 % rows);
        Assert.Equal(8, DeviceFootprint.MicroBatch(Some.Gpt2(), 8));
    }

    private sealed class Moments(FlatParameters parameters) : FlatOptimizer(OptimizerSpec.Default, parameters)
    {
        public override double Clip() => throw new NotSupportedException();

        public override void Update(double rate, long update) => throw new NotSupportedException();
    }
}
