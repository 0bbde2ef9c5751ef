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

    /// <summary>Of so many runs trained together by one worker.</summary>
    /// <param name="members">At least 1.</param>
    public MemoryEstimate Together(int members) => checked(this with { State = members * State, Activations = members * Activations });
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
    private const int RowsPerOctave = 32;

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

    /// <summary>Bytes of one checkpoint.</summary>
    public static long Checkpoint(ModelSpec model) => checked(ParameterCounts.Of(model).Total * CheckpointBytesPerParameter + CheckpointHeaderBytes);

    /// <summary>Memory of a run on a GPU, of the device: <see cref="DeviceFootprint"/>'s sum, with attention that doesn't write its matrix.</summary>
    /// <param name="model">The model.</param>
    /// <param name="training">The training.</param>
    /// <param name="microBatchSequences">Sequences a forward pass, at least 1; null takes what the engine would.</param>
    public static MemoryEstimate DeviceMemory(ModelSpec model, TrainingSpec training, int? microBatchSequences)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        var half = training.Precision == Precision.Bf16;
        var batch = training.BatchTokens / model.ContextLength;
        var sequences = Math.Min(batch, microBatchSequences ?? DeviceFootprint.MicroBatch(model, batch));
        return new MemoryEstimate(
            DeviceFootprint.State(ParameterCounts.Of(model).Total, half), DeviceFootprint.Step(model, sequences, half), DeviceFootprint.RuntimeBytes);
    }

    /// <summary>Bytes of a run's folder at its fullest: three checkpoints while one is replaced, the curve, the log.</summary>
    public static long Disk(ModelSpec model, TrainingSpec training)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        checked
        {
            return CheckpointsAtOnce * Checkpoint(model) + (Measurements(training) + CurveSteps.AtMost(training.Steps, RowsPerOctave)) * MetricRowBytes + LogBytes;
        }
    }

    /// <summary>How often the held-out loss is measured.</summary>
    public static long Measurements(TrainingSpec training)
    {
        ArgumentNullException.ThrowIfNull(training);
        return training.Evaluation.EverySteps is { } every ? (training.Steps + every - 1) / every : 1;
    }

    /// <summary>How often the held-out loss is measured up to a step that is not the last.</summary>
    public static long MeasurementsUpTo(TrainingSpec training, long step)
    {
        ArgumentNullException.ThrowIfNull(training);
        return training.Evaluation.EverySteps is { } every ? step / every : 0;
    }

    /// <summary>Seconds of a run on one worker; null where the speed isn't known.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="speed">How fast models train here.</param>
    /// <param name="fromStep">Steps that need no training, because a trunk does them.</param>
    public static double? Seconds(RunSpec spec, ISpeedEstimator? speed, long fromStep = 0)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var training = spec.Training;
        if (spec.Synthetic is { } law)
        {
            return law.SecondsPerRun * (training.Steps - fromStep) / training.Steps;
        }

        var tokens = checked(training.Tokens - fromStep * training.BatchTokens);
        var measurements = Measurements(training) - MeasurementsUpTo(training, fromStep);
        return (tokens + ForwardShare * measurements * training.Evaluation.Tokens) / speed?.TokensPerSecond(spec.Model, training);
    }
}
