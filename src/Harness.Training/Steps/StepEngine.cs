using Harness.Core.Models;
using Harness.Core.Training;
using Harness.Training.Data;
using Harness.Training.Models;
using Harness.Training.Optimization;
using Harness.Training.Steps.Graphs;
using Harness.Training.Steps.Kernels;
using static TorchSharp.torch;

namespace Harness.Training.Steps;

/// <summary>What a step found before its update.</summary>
/// <param name="Loss">Mean loss of the batch, nats a token.</param>
/// <param name="GradientNorm">Global L2 norm before clipping.</param>
internal readonly record struct StepOutcome(double Loss, double GradientNorm)
{
    /// <summary>Whether the update may be applied.</summary>
    public bool IsFinite => double.IsFinite(Loss) && double.IsFinite(GradientNorm);
}

/// <summary>A model with its optimiser on one device: gradients of a batch, then the update. Kept between runs of the same shape.</summary>
internal sealed class StepEngine : IRunLane, IDisposable
{
    private readonly IGradientEngine _gradients;

    /// <summary>Zero weights and moments; <see cref="Initialize"/> or a checkpoint sets them.</summary>
    /// <param name="model">The model.</param>
    /// <param name="optimizer">AdamW's constants.</param>
    /// <param name="precision">Number format.</param>
    /// <param name="device">Where.</param>
    /// <param name="batchRows">Sequences a batch.</param>
    /// <param name="microRows">Sequences a forward pass, 1 to <paramref name="batchRows"/>.</param>
    /// <param name="path">Plain autograd, or the fastest that the device has.</param>
    public StepEngine(
        ModelSpec model, OptimizerSpec optimizer, Precision precision, Device device, int batchRows, int microRows, StepPath path = StepPath.Fastest)
    {
        Model = model;
        Spec = optimizer;
        MicroRows = microRows;
        Parameters = new FlatParameters(ParameterLayout.Of(model), precision, device);
        var fast = path == StepPath.Fastest;
        Optimizer = (fast ? FastPath.Optimizer(optimizer, Parameters) : null) ?? new TensorAdamW(optimizer, Parameters);
        Batch = new TokenBatch(batchRows, model.ContextLength, model.VocabularySize, device);
        _gradients = (fast ? FastPath.Gradients(Parameters) : null) ?? new AutogradEngine(Parameters);
        Stretch = GraphPath.For(this, path);
        Score = GraphPath.ScoreOf(Parameters, microRows, path);
    }

    /// <summary>The model.</summary>
    public ModelSpec Model { get; }

    /// <summary>AdamW's constants.</summary>
    public OptimizerSpec Spec { get; }

    /// <summary>Steps many at a time, where the device is better driven so; null where each is driven by <see cref="Compute"/> and <see cref="Apply"/>.</summary>
    public IStretch? Stretch { get; }

    /// <summary>Held-out losses without the host in between, where the device is better driven so; null otherwise.</summary>
    public IDeviceScore? Score { get; }

    /// <summary>Weights and gradients.</summary>
    public FlatParameters Parameters { get; }

    /// <summary>The optimiser and its moments.</summary>
    public FlatOptimizer Optimizer { get; }

    /// <summary>The batch that <see cref="Compute"/> and <see cref="Evaluate"/> read.</summary>
    public TokenBatch Batch { get; }

    /// <summary>Sequences a forward pass.</summary>
    public int MicroRows { get; }

    /// <summary>How gradients are computed.</summary>
    public string PathName => Stretch?.Name ?? _gradients.Name;

    /// <summary>Whether there is a faster way here than autograd.</summary>
    public bool IsWrittenOut => _gradients is not AutogradEngine;

    /// <inheritdoc/>
    public int StackSize { get; internal set; } = 1;

    /// <inheritdoc/>
    public ParameterLayout Layout => Parameters.Layout;

    /// <inheritdoc/>
    public Device Device => Parameters.Device;

    /// <inheritdoc/>
    public int BatchRows => Batch.Rows;

    /// <inheritdoc/>
    public Tensor Weights => Parameters.Weights;

    /// <inheritdoc/>
    public Tensor Gradients => Parameters.Gradients;

    /// <inheritdoc/>
    public Tensor FirstMoment => Optimizer.FirstMoment;

    /// <inheritdoc/>
    public Tensor SecondMoment => Optimizer.SecondMoment;

    /// <inheritdoc/>
    public void WeightsChanged() => Parameters.RefreshShadow();

    /// <inheritdoc/>
    public void SetRow(int row, TokenSequence tokens, long offset) => Batch.SetRow(row, tokens, offset);

    /// <summary>The weights of a seed, and no moments.</summary>
    public void Initialize(long seed)
    {
        Parameters.Load(InitialWeights.Of(Parameters.Layout, seed));
        Optimizer.Reset();
    }

    /// <summary>Loss and gradient of the batch, ready for the update; the weights stay.</summary>
    /// <param name="onGradients">Called on the whole gradient before it is judged; for tests.</param>
    public StepOutcome Compute(Action<FlatParameters>? onGradients = null)
    {
        Parameters.ZeroGradients();
        double loss = 0;
        for (var row = 0; row < Batch.Rows; row += MicroRows)
        {
            var rows = Math.Min(MicroRows, Batch.Rows - row);
            using var inputs = Batch.Inputs_BT.narrow(0, row, rows);
            using var targets = Batch.Targets_BT.narrow(0, row, rows);
            var share = rows / (double)Batch.Rows;
            loss += share * _gradients.Accumulate(inputs, targets, share);
        }

        onGradients?.Invoke(Parameters);
        return new StepOutcome(loss, Optimizer.Clip());
    }

    /// <summary>Applies the update of the last <see cref="Compute"/>.</summary>
    /// <param name="rate">Learning rate.</param>
    /// <param name="update">1-based number of this update.</param>
    public void Apply(double rate, long update) => Optimizer.Update(rate, update);

    /// <summary>Sum over the batch's first <paramref name="rows"/> rows of their mean losses, nats a token.</summary>
    public double Evaluate(int rows)
    {
        double sum = 0;
        for (var row = 0; row < rows; row += MicroRows)
        {
            var count = Math.Min(MicroRows, rows - row);
            using var inputs = Batch.Inputs_BT.narrow(0, row, count);
            using var targets = Batch.Targets_BT.narrow(0, row, count);
            sum += count * _gradients.Evaluate(inputs, targets);
        }

        return sum;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stretch?.Dispose();
        Score?.Dispose();
        _gradients.Dispose();
        Batch.Dispose();
        Optimizer.Dispose();
        Parameters.Dispose();
    }
}
