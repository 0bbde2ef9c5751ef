using Harness.Core.Data;
using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;

namespace Harness.Core.Tests;

/// <summary>Plain examples that tests vary with <c>with</c>.</summary>
internal static class Some
{
    public static ModelSpec Gpt2(int layers = 12, int dim = 768, int heads = 12, int context = 1024, int vocabulary = 50257) =>
        ModelFamily.Gpt2.Model(layers, dim, heads, context, vocabulary);

    public static ModelSpec Llama(int layers, int dim, int heads, int context, int vocabulary, int feedForward) =>
        ModelFamily.Llama.Model(layers, dim, heads, context, vocabulary) with { FeedForwardDim = feedForward };

    public static RunSpec Run() => new()
    {
        Model = Gpt2(2, 64, 2, 128, 256),
        Data = new DataSpec
        {
            Source = DataSource.DotnetDocs,
            Tokenizer = Tokenizer.Bytes,
            ValidationFraction = 0.05,
            ContentHash = "00",
        },
        Training = new TrainingSpec
        {
            Steps = 100,
            BatchTokens = 2048,
            PeakLearningRate = 3e-3,
            Schedule = new CosineSchedule { WarmupSteps = 10, FinalFraction = 0.1 },
            Optimizer = OptimizerSpec.Default,
            Precision = Precision.Fp32,
            Seed = 1,
            DataSeed = 1,
            Evaluation = new EvaluationSpec(65536, 50),
        },
    };
}
