using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;
using Harness.Torch;
using Harness.Training.Data;
using Harness.Training.Models;
using Harness.Training.Optimization;
using Harness.Training.Steps;
using Harness.Training.Steps.Graphs;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Tests.Steps.Graphs;

/// <summary>The step that a GPU captures as a graph, run eagerly on the CPU, against the plain step engine: the same numbers from the same data order, and nothing for the host to do.</summary>
public sealed class DeviceStepTests : TensorTest
{
    private static readonly DataCatalog Catalog = new();

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    [InlineData("gpt2-mup")]
    [InlineData("gpt2-untied")]
    public void Two_hundred_steps_are_those_of_the_plain_engine(string variant)
    {
        // A rate at which rounding isn't amplified: at 1e-2 two correct fp32 trainings part by 1e-4 after 60 steps.
        var spec = Some.Run(Some.Variant(variant), steps: 200);
        spec = spec with { Training = spec.Training with { PeakLearningRate = 1e-3 } };
        var (plain, twin) = (Plain(spec, 200), Twin(spec, 200));
        Assert.All(plain.Outcomes.Zip(twin.Outcomes), pair => Assert.Equal(pair.First.Loss, pair.Second.Loss, 1e-5));
        Assert.All(plain.Outcomes.Zip(twin.Outcomes), pair => Assert.Equal(pair.First.GradientNorm, pair.Second.GradientNorm, 1e-4 * pair.First.GradientNorm));
        // Softmax doesn't see a constant added to a row, so biases of keys have no gradient but rounding's, which AdamW makes steps of.
        var layout = ParameterLayout.Of(spec.Model);
        foreach (var slot in layout.Slots)
        {
            var keys = slot.Name.EndsWith("qkv.bias", StringComparison.Ordinal) ? slot.Length / 3 : 0;
            for (var i = 0; i < slot.Length; i++)
            {
                var at = (int)slot.Offset + i;
                Assert.True(
                    Math.Abs(plain.Weights[at] - twin.Weights[at]) < 1e-4 || (i >= keys && i < 2 * keys),
                    $"{slot.Name}[{i}]: {twin.Weights[at]:R}, the plain engine has {plain.Weights[at]:R}");
            }
        }

        Assert.NotEqual(plain.Outcomes[0].Loss, plain.Outcomes[^1].Loss, 0.02);
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(null)]
    public void Clipping_and_its_absence_are_the_plain_engines(double? clip)
    {
        var spec = Some.Run(Some.Llama(), steps: 30);
        spec = spec with { Training = spec.Training with { Optimizer = spec.Training.Optimizer with { GradientClip = clip, WeightDecay = clip is null ? 0 : 0.5 } } };
        var (plain, twin) = (Plain(spec, 30), Twin(spec, 30));
        Assert.All(plain.Outcomes.Zip(twin.Outcomes), pair => Assert.Equal(pair.First.Loss, pair.Second.Loss, 1e-4));
        Assert.All(plain.Outcomes, o => Assert.True(o.GradientNorm > 0.05)); // so that the limit, where there is one, is felt
    }

    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    public void Micro_batches_and_short_tables_change_nothing(int microRows)
    {
        var spec = Some.Run(Some.Gpt2(), steps: 20);
        var (whole, pieces) = (Twin(spec, 20), Twin(spec, 20, microRows: microRows, tableSteps: 6));
        Assert.All(whole.Outcomes.Zip(pieces.Outcomes), pair => Assert.Equal(pair.First.Loss, pair.Second.Loss, 1e-5));
    }

    [Fact]
    public void A_corpus_that_does_not_fit_gives_the_same_bits_window_by_window()
    {
        var spec = Some.Run(Some.Gpt2(), steps: 20);
        var (resident, windows) = (Twin(spec, 20), Twin(spec, 20, tableSteps: 7, corpusBytes: 0));
        Assert.Equal(resident.Weights, windows.Weights);
        Assert.Equal(resident.Outcomes, windows.Outcomes);
    }

    [Fact]
    public void The_host_reads_nothing_in_a_step_and_no_tensor_stays()
    {
        using var scope = NewDisposeScope();
        var spec = Some.Run(Some.Llama(), steps: 20);
        using var tokens = Catalog.Open(spec.Data);
        using var parts = new Parts(spec, tokens, 4, 2, 20);
        parts.Load(0, 20);
        parts.Graph.Run(parts.Corpus.Tokens, 1);
        var (reads, tensors) = (TorchExtensions.HostReads, Tensor.TotalCount);
        parts.Graph.Run(parts.Corpus.Tokens, 10);
        Assert.Equal(reads, TorchExtensions.HostReads);
        Assert.Equal(tensors, Tensor.TotalCount);
        Assert.Equal("eager: not on a GPU", parts.Graph.Mode);
        _ = parts.Step.Tables.Read(0, 11);
        Assert.True(TorchExtensions.HostReads > reads); // the count counts
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void After_a_gradient_that_is_not_finite_the_weights_stay_however_many_steps_were_asked_for(float poison)
    {
        using var scope = NewDisposeScope();
        var spec = Some.Run(Some.Gpt2(), steps: 20);
        using var tokens = Catalog.Open(spec.Data);
        using var parts = new Parts(spec, tokens, 4, 4, 20);
        float[] before = [];
        var step = 0;
        parts.Step.OnGradients = () =>
        {
            if (++step == 7)
            {
                before = parts.Engine.Parameters.Weights.data<float>().ToArray();
                parts.Engine.Parameters.Gradients.narrow(0, 3, 1).fill_(poison);
            }
        };
        parts.Load(0, 20);
        parts.Graph.Run(parts.Corpus.Tokens, 20);
        var outcomes = parts.Step.Tables.Read(0, 20).Select(o => o[0]).ToList();
        Assert.All(outcomes.Take(6), o => Assert.True(o.IsFinite));
        Assert.False(outcomes[6].IsFinite);
        Assert.Equal(before, parts.Engine.Parameters.Weights.data<float>().ToArray());
        Assert.All(parts.Engine.Optimizer.FirstMoment.data<float>().ToArray(), m => Assert.True(float.IsFinite(m)));
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void A_bf16_step_follows_the_fp32_step_and_the_shadow_is_the_rounded_master(string variant)
    {
        var spec = Some.Run(Some.Variant(variant), steps: 40);
        var half = spec with { Training = spec.Training with { Precision = Precision.Bf16 } };
        var (full, short16) = (Twin(spec, 40), Twin(half, 40));
        Assert.All(full.Outcomes.Zip(short16.Outcomes), pair => Assert.Equal(pair.First.Loss, pair.Second.Loss, 0.03));
        Assert.NotEqual(full.Outcomes[^1].Loss, short16.Outcomes[^1].Loss);
        var plain = Plain(half, 40);
        Assert.All(plain.Outcomes.Zip(short16.Outcomes), pair => Assert.Equal(pair.First.Loss, pair.Second.Loss, 0.02));
    }

    [Theory]
    [InlineData(1L)]
    [InlineData(3 * 4 * 32L)]
    [InlineData(1L << 20)]
    public void The_head_in_pieces_gives_loss_and_gradients_of_the_whole(long pieceBytes)
    {
        using var scope = NewDisposeScope();
        foreach (var model in new[] { Some.Gpt2(), Some.Llama() with { MaximalUpdate = new MaximalUpdate(4) } })
        {
            using var parameters = new FlatParameters(ParameterLayout.Of(model), Precision.Fp32, CPU);
            parameters.Load([.. Some.Weights(model).Select(w => (float)w)]);
            var head = model.TiedHead ? "token_embedding.weight" : "head.weight";
            var hidden = randn([24, model.ModelDim], generator: new Generator(3)).requires_grad_();
            var targets = randint(0, model.VocabularySize, [24], ScalarType.Int64, generator: new Generator(4));
            var whole = nn.functional.cross_entropy(hidden.matmul(parameters[head].t()) * Transformer.LogitScale(model), targets) * 0.5;
            whole.backward();
            var expected = parameters.GradientOf(head).clone();
            parameters.ZeroGradients();
            var loss = zeros(1);
            var gradient = new ChunkedHead(parameters, pieceBytes).Run(hidden.detach(), targets, 0.5, loss);
            Assert.Equal(whole.ToDouble(), loss.ToDouble(), 1e-6);
            Assert.True((gradient - hidden.grad!).abs().max().ToDouble() < 1e-7);
            Assert.True((parameters.GradientOf(head) - expected).abs().max().ToDouble() < 1e-6);
        }
    }

    internal static (StepOutcome[] Outcomes, float[] Weights) Twin(
        RunSpec spec, int steps, int? microRows = null, int tableSteps = 1000, long corpusBytes = DeviceCorpus.MostBytes,
        Func<FlatParameters, OptimizerSpec, FlatOptimizer, (IDeviceGradients, IDeviceUpdate)>? path = null)
    {
        using var scope = NewDisposeScope();
        using var tokens = Catalog.Open(spec.Data);
        var rows = spec.Training.BatchTokens / spec.Model.ContextLength;
        using var parts = new Parts(spec, tokens, rows, microRows ?? rows, tableSteps, corpusBytes, path);
        var outcomes = new List<StepOutcome>();
        while (outcomes.Count < steps)
        {
            var count = Math.Min(tableSteps, steps - outcomes.Count);
            parts.Load(outcomes.Count, count);
            parts.Graph.Run(parts.Corpus.Tokens, count);
            outcomes.AddRange(parts.Step.Tables.Read(0, count).Select(o => o[0]));
        }

        return ([.. outcomes], parts.Engine.Parameters.Weights.data<float>().ToArray());
    }

    internal static (StepOutcome[] Outcomes, float[] Weights) Plain(RunSpec spec, int steps)
    {
        using var scope = NewDisposeScope();
        using var tokens = Catalog.Open(spec.Data);
        var rows = spec.Training.BatchTokens / spec.Model.ContextLength;
        using var engine = new StepEngine(spec.Model, spec.Training.Optimizer, spec.Training.Precision, CPU, rows, rows, StepPath.Plain);
        engine.Initialize(spec.Training.Seed);
        var order = new BatchOrder(tokens.Train.Length, spec.Model.ContextLength, rows, spec.Training.DataSeed);
        var outcomes = new List<StepOutcome>();
        for (var step = 0; step < steps; step++)
        {
            for (var row = 0; row < rows; row++)
            {
                engine.Batch.SetRow(row, tokens.Train, order.OffsetOf(step, row));
            }

            outcomes.Add(engine.Compute());
            engine.Apply(spec.Training.PeakLearningRate * spec.Training.Schedule.FactorAt(step, spec.Training.Steps), step + 1);
        }

        return ([.. outcomes], engine.Parameters.Weights.data<float>().ToArray());
    }

    /// <summary>A device step over an engine's weights and moments.</summary>
    private sealed class Parts : IDisposable
    {
        private readonly RunSpec _spec;
        private readonly BatchOrder _order;

        public Parts(
            RunSpec spec, TokenStream tokens, int rows, int microRows, int tableSteps, long corpusBytes = DeviceCorpus.MostBytes,
            Func<FlatParameters, OptimizerSpec, FlatOptimizer, (IDeviceGradients, IDeviceUpdate)>? path = null)
        {
            _spec = spec;
            Engine = new StepEngine(spec.Model, spec.Training.Optimizer, spec.Training.Precision, CPU, rows, microRows, StepPath.Plain);
            Engine.Initialize(spec.Training.Seed);
            var (gradients, update) = path?.Invoke(Engine.Parameters, spec.Training.Optimizer, Engine.Optimizer)
                ?? (new AutogradGradients(Engine.Parameters), new TensorUpdate(spec.Training.Optimizer, Engine.Parameters, Engine.Optimizer));
            Step = new DeviceStep(Engine.Parameters, gradients, update, rows, microRows, tableSteps);
            Graph = new StepGraph(Step, 8);
            Corpus = new DeviceCorpus(tokens.Train, spec.Model.VocabularySize, CPU, corpusBytes);
            _order = new BatchOrder(tokens.Train.Length, spec.Model.ContextLength, rows, spec.Training.DataSeed);
        }

        public StepEngine Engine { get; }

        public DeviceStep Step { get; }

        public StepGraph Graph { get; }

        public DeviceCorpus Corpus { get; }

        public void Load(long first, int count) => Step.Tables.Load(first, count, _spec.Training, _order, Corpus);

        public void Dispose()
        {
            Graph.Dispose();
            Corpus.Dispose();
            Engine.Dispose();
        }
    }
}
