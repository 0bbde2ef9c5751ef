using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;

namespace Harness.Sweeps.Planning;

/// <summary>Where a run's memory goes, in bytes.</summary>
/// <param name="State">Weights, gradients and AdamW's two moments, fp32; with bf16 also the 16-bit shadow of weights and gradients.</param>
/// <param name="Activations">What the backward pass of one micro-batch needs, and the gradients flowing through its widest layer.</param>
/// <param name="Runtime">Process, libraries, allocator's slack.</param>
public sealed record MemoryEstimate(long State, long Activations, long Runtime)
{
    /// <summary>All of it.</summary>
    public long Total => checked(State + Activations + Runtime);
}

/// <summary>
/// Closed forms for what a run costs. Memory counts the tensors that autograd keeps for one micro-batch (the terms of Korthikanti et al. 2022, arXiv
/// 2205.05198, section 4.1, without dropout, at this engine's number formats); disk counts checkpoints, curves and logs.
/// </summary>
public static class CostModel
{
    /// <summary>.NET, libtorch and its thread pools at rest. An assumption, not a measurement: the engine's tests are to hold the sum against measured peaks.</summary>
    public const long RuntimeBytes = 300L << 20;

    /// <summary>A worker that only draws losses: .NET alone. An assumption as well.</summary>
    public const long SyntheticRuntimeBytes = 80L << 20;

    /// <summary>A folder with a spec, a curve and a log.</summary>
    public const long SyntheticDiskBytes = 256L << 10;

    /// <summary>A forward pass is a third of a training step's FLOPs (Kaplan et al. 2020, arXiv 2001.08361, section 2.1).</summary>
    public const double ForwardShare = 1.0 / 3;

    /// <summary>Weights and two moments, fp32.</summary>
    private const long CheckpointBytesPerParameter = 12;

    private const long CheckpointHeaderBytes = 64 << 10;
    private const int CheckpointsAtOnce = 3;
    private const long MetricRowBytes = 160;
    private const long LogBytes = 64 << 10;
    private const int RowsWithoutEvaluation = 200;

    /// <summary>Memory of a run at a micro-batch.</summary>
    /// <param name="model">The model.</param>
    /// <param name="training">The training.</param>
    /// <param name="microBatchSequences">Sequences a forward pass, at least 1; null takes the whole batch.</param>
    public static MemoryEstimate Memory(ModelSpec model, TrainingSpec training, int? microBatchSequences)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        checked
        {
            var half = training.Precision == Precision.Bf16;
            var state = ParameterCounts.Of(model).Total * (16 + (half ? 4 : 0));
            var sequences = microBatchSequences ?? training.BatchTokens / model.ContextLength;
            var tokens = (long)sequences * model.ContextLength;
            long width = model.ModelDim, hidden = model.FeedForwardDim;

            // A layer keeps: two norms' inputs and outputs (4 d), q k v (3 d), attention's and both projections' outputs (3 d), the feed-forward's
            // inner tensors (before and after the non-linearity; SwiGLU has both branches, silu and the product), and attention's logits and weights.
            var inner = model.Activation == Activation.SwiGlu ? 4 : 2;
            var layer = 10 * width + inner * hidden + 2L * model.HeadCount * model.ContextLength;
            var numbers = tokens * (model.LayerCount * layer + layer);

            // Logits, their log-softmax and their gradient stay fp32.
            var head = tokens * 3 * model.VocabularySize * 4;
            return new MemoryEstimate(state, numbers * (half ? 2 : 4) + head, RuntimeBytes);
        }
    }

    /// <summary>Bytes of a run's folder at its fullest: three checkpoints while one is replaced, the curve, the log.</summary>
    public static long Disk(ModelSpec model, TrainingSpec training)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        checked
        {
            var checkpoint = ParameterCounts.Of(model).Total * CheckpointBytesPerParameter + CheckpointHeaderBytes;
            return CheckpointsAtOnce * checkpoint + (Measurements(training) + RowsWithoutEvaluation) * MetricRowBytes + LogBytes;
        }
    }

    /// <summary>How often the held-out loss is measured.</summary>
    public static long Measurements(TrainingSpec training)
    {
        ArgumentNullException.ThrowIfNull(training);
        return training.Evaluation.EverySteps is { } every ? (training.Steps + every - 1) / every : 1;
    }

    /// <summary>Seconds of a run on one worker; null where the speed isn't known.</summary>
    public static double? Seconds(RunSpec spec, ISpeedEstimator? speed)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Synthetic is { } law)
        {
            return law.SecondsPerRun;
        }

        var training = spec.Training;
        return (training.Tokens + ForwardShare * Measurements(training) * training.Evaluation.Tokens) / speed?.TokensPerSecond(spec.Model, training);
    }
}
