using Harness.Core.Data;
using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;
using Harness.Training.Data;

namespace Harness.Training.Measurement;

/// <summary>A run that measurements take steps of: no end, a constant rate, tokens at random (the time of a step doesn't depend on them).</summary>
internal static class EndlessRun
{
    private const int LeastTokens = 1 << 20;

    /// <summary>Its spec.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batchRows">Sequences a step.</param>
    /// <param name="precision">Number format.</param>
    /// <param name="learningRate">Rate of every step.</param>
    public static RunSpec Of(ModelSpec model, int batchRows, Precision precision, double learningRate = 1e-4) => new()
    {
        Model = model,
        Data = new DataSpec { Source = DataSource.Synthetic, Tokenizer = Tokenizer.Bytes, ValidationFraction = 0.1 },
        Training = new TrainingSpec
        {
            Steps = long.MaxValue >> 20,
            BatchTokens = batchRows * model.ContextLength,
            PeakLearningRate = learningRate,
            Schedule = new ConstantSchedule { WarmupSteps = 0 },
            Optimizer = OptimizerSpec.Default,
            Precision = precision,
            Seed = 1,
            DataSeed = 1,
            Evaluation = new EvaluationSpec(model.ContextLength, null),
        },
    };

    /// <summary>Tokens below a model's vocabulary.</summary>
    public static TokenStream RandomTokens(ModelSpec model)
    {
        var random = new Random(1);
        var tokens = new int[Math.Max(LeastTokens, 2 * (model.ContextLength + 1))];
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = random.Next(model.VocabularySize);
        }

        var all = MemoryTokens.Of(tokens);
        return new TokenStream(all, all, new DataFacts("random", tokens.Length, tokens.Length, model.VocabularySize, null, null, "random tokens"));
    }
}
