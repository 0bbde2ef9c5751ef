using Harness.Core.Models;
using Harness.Core.Training;
using Harness.DeviceTwin;
using Harness.Torch;
using Harness.Training.Measurement;
using Harness.Training.Models;
using Harness.Training.Steps.Graphs;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Tests.Steps.Graphs;

/// <summary>The path of compiled kernels, which on a GPU takes all of a step but matrix products and attention, run over the kernels' CPU twin, against the plain path.</summary>
public sealed class KernelStepTests : TensorTest
{
    [Theory]
    [InlineData("gpt2", false)]
    [InlineData("llama", true)]
    public void The_benchmark_launches_every_kernel_as_it_is_declared(string variant, bool half)
    {
        var model = Some.Variant(variant);
        using var kernels = DeviceKernels.Compile(model, half, Twin.Driver, Twin.Compiler, Twin.Cache, 0, out _)!;
        var found = KernelBench.Run(model, 2 * model.ContextLength, half, CPU, kernels, new KernelBench.Effort(0, 1, 1, 64, 256));
        string[] unmeasured = ["judge_step"]; // reads a few numbers
        string[] sources = ["add_norm", "activation", "attention", "cross_entropy", "embedding", "optimizer"];
        string[] declared = [.. sources.SelectMany(source => System.Text.RegularExpressions.Regex.Matches(Harness.Torch.Devices.KernelModule.Resource(source + ".cu"), @"KERNEL\((\w+)\)").Select(m => m.Groups[1].Value))];
        var other = variant == "gpt2" ? "swiglu" : "gelu";
        Assert.Equal(declared.Where(name => !name.StartsWith(other, StringComparison.Ordinal)).Except(unmeasured).Order(), found.Skip(1).Select(k => k.Name).Order());
        Assert.All(found, k => Assert.True(k.Bytes > 0 && k.GigabytesPerSecond > 0, k.Name));
    }

    [Theory]
    [InlineData("gpt2", 3, 2)]
    [InlineData("llama", 4, 4)]
    [InlineData("swiglu-biases", 2, 2)]
    [InlineData("rotary-layernorm", 2, 2)]
    [InlineData("gpt2-mup", 2, 2)]
    public void Gradients_of_every_parameter_are_those_of_autograd(string variant, int rows, int microRows) => Compare(Some.Variant(variant), rows, microRows, Precision.Fp32, 1e-5);

    [Fact]
    public void Odd_shapes_are_right_too() => Compare(Some.Gpt2(layers: 1, dim: 18, heads: 3, context: 7, vocabulary: 37), 3, 3, Precision.Fp32, 1e-5);

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void Gradients_in_bf16_are_those_of_fp32_up_to_its_rounding(string variant) => Compare(Some.Variant(variant), 4, 4, Precision.Bf16, 0.04);

    [Theory]
    [InlineData("gpt2", Precision.Fp32, 1e-5)]
    [InlineData("llama", Precision.Fp32, 1e-5)]
    [InlineData("llama", Precision.Bf16, 0.02)]
    public void Twenty_steps_with_our_update_are_those_of_the_plain_engine(string variant, Precision precision, double tolerance)
    {
        var spec = Some.Run(Some.Variant(variant), steps: 20);
        spec = spec with { Training = spec.Training with { PeakLearningRate = 1e-3, Precision = precision } };
        DeviceKernels? kernels = null;
        var twin = DeviceStepTests.Twin(spec, 20, path: (parameters, optimizer, moments) =>
        {
            kernels = Compile(spec.Model, precision);
            return (new KernelGradients(parameters, kernels, leavesShadow: true, ownsKernels: true), new KernelUpdate([optimizer], parameters, moments.FirstMoment, moments.SecondMoment, kernels));
        });
        var plain = DeviceStepTests.Plain(spec, 20);
        Assert.All(plain.Outcomes.Zip(twin.Outcomes), pair => Assert.Equal(pair.First.Loss, pair.Second.Loss, tolerance));
        Assert.All(plain.Outcomes.Zip(twin.Outcomes), pair => Assert.Equal(pair.First.GradientNorm, pair.Second.GradientNorm, 10 * tolerance * (1 + pair.First.GradientNorm)));
    }

    [Fact]
    public void A_step_reads_nothing_on_the_host_and_leaves_no_tensor()
    {
        using var scope = NewDisposeScope();
        var model = Some.Llama();
        using var parameters = new FlatParameters(ParameterLayout.Of(model), Precision.Fp32, CPU);
        using var path = new KernelGradients(parameters, Compile(model, Precision.Fp32), leavesShadow: false, ownsKernels: true);
        var (inputs, targets, loss) = (zeros([2, model.ContextLength], ScalarType.Int64), zeros([2, model.ContextLength], ScalarType.Int64), zeros(1));
        path.Accumulate(inputs, targets, 1, loss);
        var (reads, tensors) = (TorchExtensions.HostReads, Tensor.TotalCount);
        path.Accumulate(inputs, targets, 1, loss);
        Assert.Equal(reads, TorchExtensions.HostReads);
        Assert.Equal(tensors, Tensor.TotalCount);
    }

    [Fact]
    public void A_shape_that_the_kernels_do_not_take_is_refused_with_its_reason()
    {
        Assert.Null(DeviceKernels.Compile(Some.Gpt2(dim: 15, heads: 3), false, Twin.Driver, Twin.Compiler, Twin.Cache, 0, out var odd));
        Assert.Equal("the head dimension 5 is odd", odd);
        Assert.Null(DeviceKernels.Compile(Some.Gpt2(dim: 8192, heads: 64), false, Twin.Driver, Twin.Compiler, Twin.Cache, 0, out var wide));
        Assert.Contains("8192", wide, StringComparison.Ordinal);
        Assert.Null(DeviceKernels.Compile(Some.Gpt2(), false, Twin.Driver, Twin.Compiler, Twin.Cache, 3, out var missing));
        Assert.Contains("invalid device ordinal", missing, StringComparison.Ordinal);
    }

    private static DeviceKernels Compile(ModelSpec model, Precision precision) =>
        DeviceKernels.Compile(model, precision == Precision.Bf16, Twin.Driver, Twin.Compiler, Twin.Cache, 0, out var reason) ?? throw new InvalidOperationException(reason);

    private static void Compare(ModelSpec model, int rows, int microRows, Precision precision, double tolerance)
    {
        using var scope = NewDisposeScope();
        var layout = ParameterLayout.Of(model);
        var weights = Some.Weights(model).Select(w => (float)w).ToArray();
        var windows = Some.Windows(model, rows);
        var inputs = tensor(windows.SelectMany(w => w[..^1]).Select(t => (long)t).ToArray(), [rows, model.ContextLength]);
        var targets = tensor(windows.SelectMany(w => w[1..]).Select(t => (long)t).ToArray(), [rows, model.ContextLength]);
        (float[] Gradients, double Loss) Run(FlatParameters parameters, IDeviceGradients path)
        {
            parameters.Load(weights);
            var loss = zeros(1);
            for (var row = 0; row < rows; row += microRows)
            {
                var count = Math.Min(microRows, rows - row);
                path.Accumulate(inputs.narrow(0, row, count), targets.narrow(0, row, count), count / (double)rows, loss);
            }

            return (parameters.Gradients.data<float>().ToArray(), loss.ToDouble());
        }

        using var plainParameters = new FlatParameters(layout, Precision.Fp32, CPU);
        using var fastParameters = new FlatParameters(layout, precision, CPU);
        using var plain = new AutogradGradients(plainParameters);
        using var fast = new KernelGradients(fastParameters, Compile(model, precision), leavesShadow: false, ownsKernels: true);
        var (expected, found) = (Run(plainParameters, plain), Run(fastParameters, fast));
        Assert.Equal(expected.Loss, found.Loss, tolerance * expected.Loss);
        foreach (var slot in layout.Slots)
        {
            double error = 0, size = 0;
            for (var i = slot.Offset; i < slot.Offset + slot.Length; i++)
            {
                error += Math.Pow(expected.Gradients[i] - found.Gradients[i], 2);
                size += Math.Pow(expected.Gradients[i], 2);
            }

            Assert.True(Math.Sqrt(error) <= tolerance * Math.Sqrt(size), $"{slot.Name}: relative error {Math.Sqrt(error / size):R}");
        }
    }
}
