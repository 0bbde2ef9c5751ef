using Harness.Core.Models;
using Harness.Core.Training;
using Harness.DeviceTwin;
using Harness.Torch;
using Harness.Training.Data;
using Harness.Training.Models;
using Harness.Training.Optimization;
using Harness.Training.Steps;
using Harness.Training.Steps.Graphs;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Tests.Steps.Graphs;

/// <summary>The path of compiled kernels for a stack (one more leading dimension), over the kernels' CPU twin, against the plain batched path member by member.</summary>
public sealed class KernelStackTests : TensorTest
{
    private const int Members = 3;

    private static readonly OptimizerSpec[] Optimizers =
    [
        OptimizerSpec.Default,
        OptimizerSpec.Default with { WeightDecay = 0, GradientClip = null },
        new(0.8, 0.9, 1e-6, 0.3, 0.05),
    ];

    [Theory]
    [InlineData("gpt2", 3, 2)]
    [InlineData("llama", 2, 2)]
    [InlineData("swiglu-biases", 2, 1)]
    [InlineData("rotary-layernorm", 2, 2)]
    [InlineData("gpt2-mup", 2, 2)]
    [InlineData("gpt2-untied", 2, 2)]
    public void Gradients_of_every_member_are_those_of_autograd(string variant, int rows, int microRows) => Compare(Some.Variant(variant), rows, microRows, Precision.Fp32, 1e-5);

    [Fact]
    public void In_bf16_they_are_up_to_its_rounding() => Compare(Some.Variant("llama"), 4, 4, Precision.Bf16, 0.04);

    [Fact]
    public void Odd_shapes_are_right_too() => Compare(Some.Gpt2(layers: 1, dim: 18, heads: 3, context: 7, vocabulary: 37), 3, 3, Precision.Fp32, 1e-5);

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void The_last_member_of_a_stack_has_them_too(string variant) => Compare(Some.Variant(variant), 3, 2, Precision.Fp32, 1e-5, members: 1);

    [Theory]
    [InlineData("gpt2", Precision.Fp32, 1e-5)]
    [InlineData("llama", Precision.Bf16, 0.02)]
    public void Steps_of_members_at_different_places_with_their_own_constants_are_those_of_tensor_operations(string variant, Precision precision, double tolerance)
    {
        var (plain, fast) = (Train(Some.Variant(variant), precision, kernels: false), Train(Some.Variant(variant), precision, kernels: true));
        for (var step = 0; step < plain.Outcomes.Length; step++)
        {
            for (var s = 0; s < Members; s++)
            {
                var (a, b) = (plain.Outcomes[step][s], fast.Outcomes[step][s]);
                Assert.Equal(a.Loss, b.Loss, tolerance);
                Assert.Equal(a.GradientNorm, b.GradientNorm, 10 * tolerance * (1 + a.GradientNorm));
            }
        }
    }

    [Fact]
    public void A_member_that_is_nothing_but_NaN_ends_and_changes_no_bit_of_the_others()
    {
        var model = Some.Variant("gpt2");
        var calm = Train(model, Precision.Fp32, kernels: true);
        var broken = Train(model, Precision.Fp32, kernels: true, poisoned: 1);
        Assert.All(broken.Outcomes, o => Assert.False(o[1].IsFinite));
        var length = (int)ParameterLayout.Of(model).Length;
        foreach (var s in new[] { 0, 2 })
        {
            Assert.Equal(calm.Weights.AsSpan(s * length, length).ToArray(), broken.Weights.AsSpan(s * length, length).ToArray());
        }
    }

    [Theory]
    [InlineData(1L)]
    [InlineData(Members * 3 * 4 * 32L)]
    [InlineData(1L << 20)]
    public void The_head_in_pieces_gives_every_members_loss_and_gradients_of_the_whole(long pieceBytes)
    {
        using var scope = NewDisposeScope();
        foreach (var model in new[] { Some.Gpt2(), Some.Llama() with { MaximalUpdate = new MaximalUpdate(4) } })
        {
            using var parameters = Stack(model, Precision.Fp32);
            var head = model.TiedHead ? "token_embedding.weight" : "head.weight";
            var hidden = randn([Members, 24, model.ModelDim], generator: new Generator(3)).requires_grad_();
            var targets = randint(0, model.VocabularySize, [Members, 24], ScalarType.Int64, generator: new Generator(4));
            var logits = hidden.bmm(parameters[head].transpose(1, 2)) * Transformer.LogitScale(model);
            var whole = nn.functional.cross_entropy(logits.view(-1, model.VocabularySize), targets.view(-1), reduction: nn.Reduction.None).view(Members, -1).mean([1]);
            (whole * 0.5).sum().backward();
            var expected = parameters.GradientOf(head).clone();
            parameters.ZeroGradients();
            var (loss, sum) = (zeros(Members), zeros(Members, ScalarType.Float64));
            var chunked = new ChunkedHead(parameters, pieceBytes);
            var gradient = chunked.Run(hidden.detach(), targets, 0.5, loss);
            chunked.AddLosses(hidden.detach(), targets, 1.0 / 24, sum);
            Assert.True((whole * 0.5 - loss).abs().max().ToDouble() < 1e-6);
            Assert.True((whole - sum).abs().max().ToDouble() < 1e-6);
            Assert.True((gradient - hidden.grad!).abs().max().ToDouble() < 1e-7);
            Assert.True((parameters.GradientOf(head) - expected).abs().max().ToDouble() < 1e-6);
        }
    }

    private static FlatParameters Stack(ModelSpec model, Precision precision, int members = Members)
    {
        var parameters = new FlatParameters(ParameterLayout.Of(model), precision, CPU, members);
        parameters.Load([.. Enumerable.Range(0, members).SelectMany(s => Some.Weights(model, seed: 10 + s).Select(w => (float)w))]);
        return parameters;
    }

    private static DeviceKernels Compile(ModelSpec model, Precision precision, int members = Members) =>
        DeviceKernels.Compile(model, precision == Precision.Bf16, Twin.Driver, Twin.Compiler, Twin.Cache, 0, out var reason, members) ?? throw new InvalidOperationException(reason);

    private static void Compare(ModelSpec model, int rows, int microRows, Precision precision, double tolerance, int members = Members)
    {
        using var scope = NewDisposeScope();
        var windows = Enumerable.Range(0, members).Select(s => Some.Windows(model, rows, seed: 20 + s)).ToArray();
        Tensor Tokens(int row, int count, Func<int[], int[]> part) => tensor(
            windows.SelectMany(w => w.Skip(row).Take(count)).SelectMany(part).Select(t => (long)t).ToArray(), [members * count, model.ContextLength]);
        (float[] Gradients, float[] Loss) Run(FlatParameters parameters, IDeviceGradients path)
        {
            var loss = zeros(members);
            for (var row = 0; row < rows; row += microRows)
            {
                var count = Math.Min(microRows, rows - row);
                path.Accumulate(Tokens(row, count, w => w[..^1]), Tokens(row, count, w => w[1..]), count / (double)rows, loss);
            }

            return (parameters.Gradients.data<float>().ToArray(), loss.data<float>().ToArray());
        }

        using var plainParameters = Stack(model, Precision.Fp32, members);
        using var fastParameters = Stack(model, precision, members);
        using var plain = new AutogradGradients(plainParameters);
        using var fast = new KernelGradients(fastParameters, Compile(model, precision, members), leavesShadow: false, ownsKernels: true);
        var (expected, found) = (Run(plainParameters, plain), Run(fastParameters, fast));
        var layout = plainParameters.Layout;
        for (var s = 0; s < members; s++)
        {
            Assert.Equal(expected.Loss[s], found.Loss[s], tolerance * expected.Loss[s]);
            foreach (var slot in layout.Slots)
            {
                double error = 0, size = 0;
                for (var i = s * layout.Length + slot.Offset; i < s * layout.Length + slot.Offset + slot.Length; i++)
                {
                    error += Math.Pow(expected.Gradients[i] - found.Gradients[i], 2);
                    size += Math.Pow(expected.Gradients[i], 2);
                }

                Assert.True(Math.Sqrt(error) <= tolerance * Math.Sqrt(size), $"member {s}, {slot.Name}: relative error {Math.Sqrt(error / size):R}");
            }
        }
    }

    /// <summary>Twelve steps of members that are at steps 0, 5 and 9 of their runs.</summary>
    private static (StepOutcome[][] Outcomes, float[] Weights) Train(ModelSpec model, Precision precision, bool kernels, int? poisoned = null)
    {
        const int rows = 2, steps = 12;
        using var scope = NewDisposeScope();
        var spec = Some.Run(model, steps: 40, sequences: rows);
        var trainings = Optimizers.Select((o, s) => spec.Training with { Optimizer = o, PeakLearningRate = 1e-3 * (s + 1), Precision = precision, DataSeed = s + 1 }).ToList();
        using var tokens = new DataCatalog().Open(spec.Data);
        using var corpus = new DeviceCorpus(tokens.Train, model.VocabularySize, CPU);
        using var parameters = Stack(model, precision);
        if (poisoned is { } member)
        {
            parameters.Weights.narrow(0, member * parameters.Layout.Length, parameters.Layout.Length).fill_(float.NaN);
            parameters.RefreshShadow();
        }

        using var optimizer = new StackedAdamW(Optimizers, parameters);
        var compiled = kernels ? Compile(model, precision) : null;
        using var step = compiled is null
            ? new DeviceStep(parameters, new AutogradGradients(parameters), new StackedUpdate(optimizer), rows, rows, steps)
            : new DeviceStep(
                parameters, new KernelGradients(parameters, compiled, leavesShadow: true, ownsKernels: true),
                new KernelUpdate(Optimizers, parameters, optimizer.FirstMoment, optimizer.SecondMoment, compiled), rows, rows, steps);
        var orders = trainings.Select(t => new BatchOrder(tokens.Train.Length, model.ContextLength, rows, t.DataSeed)).ToList();
        step.Tables.Load([0, 5, 9], steps, [true, true, true], trainings, orders, corpus);
        var reads = TorchExtensions.HostReads;
        for (var i = 0; i < steps; i++)
        {
            step.Run(corpus.Tokens);
        }

        Assert.Equal(reads, TorchExtensions.HostReads); // the host looks at nothing in a step
        return (step.Tables.Read(0, steps), parameters.Weights.data<float>().ToArray());
    }
}
