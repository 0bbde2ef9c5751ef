using Harness.Core.Data;
using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;

namespace Harness.Training.Tests;

/// <summary>Plain small examples that tests vary with <c>with</c>.</summary>
internal static class Some
{
    public static ModelSpec Gpt2(int layers = 2, int dim = 16, int heads = 2, int context = 8, int vocabulary = 32) =>
        ModelFamily.Gpt2.Model(layers, dim, heads, context, vocabulary);

    public static ModelSpec Llama(int layers = 2, int dim = 16, int heads = 2, int context = 8, int vocabulary = 32) =>
        ModelFamily.Llama.Model(layers, dim, heads, context, vocabulary);

    /// <summary>Every part of both families, and the combinations that no family has.</summary>
    public static ModelSpec Variant(string name) => name switch
    {
        "gpt2" => Gpt2(),
        "llama" => Llama(),
        "gpt2-untied" => Gpt2() with { TiedHead = false },
        "llama-tied" => Llama() with { TiedHead = true },
        "gpt2-mup" => Gpt2() with { MaximalUpdate = new MaximalUpdate(8) },
        "llama-mup" => Llama() with { MaximalUpdate = new MaximalUpdate(4) },
        "gpt2-no-biases" => Gpt2() with { Biases = false },
        "swiglu-biases" => Llama() with { Biases = true },
        "rotary-layernorm" => Gpt2() with { Positions = PositionEncoding.Rotary },
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no such variant"),
    };

    public static TheoryData<string> VariantNames =>
        ["gpt2", "llama", "gpt2-untied", "llama-tied", "gpt2-mup", "llama-mup", "gpt2-no-biases", "swiglu-biases", "rotary-layernorm"];

    public static RunSpec Run(ModelSpec? model = null, long steps = 20, int sequences = 4)
    {
        model ??= Gpt2();
        return new RunSpec
        {
            Model = model,
            Data = new DataSpec
            {
                Source = DataSource.Synthetic,
                Tokenizer = Tokenizer.Bytes,
                ValidationFraction = 0.1,
                Synthetic = new SyntheticSource(model.VocabularySize, 1, 1.2, 7),
            },
            Training = new TrainingSpec
            {
                Steps = steps,
                BatchTokens = sequences * model.ContextLength,
                PeakLearningRate = 1e-2,
                Schedule = new CosineSchedule { WarmupSteps = 2, FinalFraction = 0.1 },
                Optimizer = OptimizerSpec.Default,
                Precision = Precision.Fp32,
                Seed = 1,
                DataSeed = 2,
                Evaluation = new EvaluationSpec(16 * model.ContextLength, 10),
            },
        };
    }

    /// <summary>Random rows of context + 1 tokens.</summary>
    public static int[][] Windows(ModelSpec model, int rows, int seed = 3)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, model.ContextLength + 1).Select(_ => random.Next(model.VocabularySize)).ToArray())];
    }

    /// <summary>Weights in which every parameter matters, biases and gains included; larger than initial ones so that non-linearities bend.</summary>
    public static double[] Weights(ModelSpec model, int seed = 5)
    {
        var layout = Training.Models.ParameterLayout.Of(model);
        var random = new Random(seed);
        var flat = new double[layout.Length];
        foreach (var slot in layout.Slots)
        {
            for (var i = slot.Offset; i < slot.Offset + slot.Length; i++)
            {
                flat[i] = (float)(slot.InitialValue + 0.4 * (random.NextDouble() + random.NextDouble() - 1));
            }
        }

        return flat;
    }
}
