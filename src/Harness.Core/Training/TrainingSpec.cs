using System.Text.Json.Serialization;

namespace Harness.Core.Training;

/// <summary>Number format of weights and activations.</summary>
public enum Precision
{
    /// <summary>32-bit everywhere.</summary>
    [JsonStringEnumMemberName("fp32")]
    Fp32,

    /// <summary>bfloat16 weights and activations under an fp32 master copy; norms, softmax and loss in fp32.</summary>
    [JsonStringEnumMemberName("bf16")]
    Bf16,
}

/// <summary>AdamW with decoupled weight decay on matrices only (Loshchilov and Hutter 2019, arXiv 1711.05101) and clipping of the global norm.</summary>
/// <param name="Beta1">Decay of the first moment, [0, 1).</param>
/// <param name="Beta2">Decay of the second moment, [0, 1).</param>
/// <param name="Epsilon">Added to the root of the second moment, above 0.</param>
/// <param name="WeightDecay">Share of a matrix removed a step, times the learning rate; 0 switches it off.</param>
/// <param name="GradientClip">Largest global L2 norm of the gradient, above 0; null never clips.</param>
public sealed record OptimizerSpec(double Beta1, double Beta2, double Epsilon, double WeightDecay, double? GradientClip)
{
    /// <summary>0.9, 0.95, 1e-8, 0.1, clip 1: GPT-3's (Brown et al. 2020, arXiv 2005.14165, appendix B).</summary>
    public static OptimizerSpec Default { get; } = new(0.9, 0.95, 1e-8, 0.1, 1.0);
}

/// <summary>When and on how much held-out data the loss is measured. The last step is always evaluated.</summary>
/// <param name="Tokens">Held-out tokens a measurement, the same ones every time; a multiple of the context length.</param>
/// <param name="EverySteps">Optimizer steps between measurements; null measures only at the end.</param>
public sealed record EvaluationSpec(long Tokens, int? EverySteps);

/// <summary>How a model is trained: how long, with which optimiser, from which seeds.</summary>
public sealed record TrainingSpec
{
    /// <summary>Optimizer steps, S.</summary>
    public required long Steps { get; init; }

    /// <summary>Tokens a step, B: a multiple of the model's context length.</summary>
    public required int BatchTokens { get; init; }

    /// <summary>Largest learning rate.</summary>
    [JsonPropertyName("peak_lr")]
    public required double PeakLearningRate { get; init; }

    /// <summary>The learning rate's course.</summary>
    [JsonPropertyName("lr_schedule")]
    public required LearningRateSchedule Schedule { get; init; }

    /// <summary>The optimiser's constants.</summary>
    public required OptimizerSpec Optimizer { get; init; }

    /// <summary>Number format.</summary>
    public required Precision Precision { get; init; }

    /// <summary>Seed of the initial weights.</summary>
    public required long Seed { get; init; }

    /// <summary>Seed of the data order.</summary>
    public required long DataSeed { get; init; }

    /// <summary>When the held-out loss is measured.</summary>
    public required EvaluationSpec Evaluation { get; init; }

    /// <summary>Training tokens, D = steps * batch tokens.</summary>
    [JsonIgnore]
    public long Tokens => checked(Steps * BatchTokens);

    /// <summary>Steps at the end whose losses are averaged into the run's final training loss: the last twentieth, at least one.</summary>
    [JsonIgnore]
    public long TailSteps => Math.Max(1, Steps / 20);
}
