using Harness.Core.Models;
using Harness.Core.Training;
using Harness.Training.Models;
using Harness.Training.Optimization;
using Harness.Training.Steps.Graphs;
using static TorchSharp.torch;

namespace Harness.Training.Steps;

/// <summary>The tensors of S models as one, and what computes with them. A stack replaces them as a whole when some of its members have ended.</summary>
internal sealed class PackedModels : IDisposable
{
    /// <summary>Zero weights and moments.</summary>
    /// <param name="model">The members' model.</param>
    /// <param name="optimizers">AdamW's constants, one a member.</param>
    /// <param name="precision">Number format.</param>
    /// <param name="device">Where.</param>
    /// <param name="batchRows">Sequences of a member's batch.</param>
    /// <param name="microRows">Sequences of each member in a forward pass.</param>
    /// <param name="cutFor"><see cref="FlatParameters.CutFor"/>.</param>
    /// <param name="path">Whether the host drives each step where the device could be given many.</param>
    public PackedModels(ModelSpec model, IReadOnlyList<OptimizerSpec> optimizers, Precision precision, Device device, int batchRows, int microRows, int cutFor, StepPath path)
    {
        Optimizers = optimizers;
        Parameters = new FlatParameters(ParameterLayout.Of(model), precision, device, optimizers.Count, cutFor);
        Optimizer = new StackedAdamW(optimizers, Parameters);
        Batch = new TokenBatch(checked(optimizers.Count * batchRows), model.ContextLength, model.VocabularySize, device);
        Model = new Transformer(Parameters);
        Score = GraphPath.ScoreOf(Parameters, microRows, path);
    }

    /// <summary>AdamW's constants, one a member.</summary>
    public IReadOnlyList<OptimizerSpec> Optimizers { get; }

    /// <summary>Weights and gradients.</summary>
    public FlatParameters Parameters { get; }

    /// <summary>The optimiser and its moments.</summary>
    public StackedAdamW Optimizer { get; }

    /// <summary>All members' batches behind one another.</summary>
    public TokenBatch Batch { get; }

    /// <summary>The plain model.</summary>
    public Transformer Model { get; }

    /// <summary>Held-out losses without the host in between; null where the host may as well read each batch's.</summary>
    public IDeviceScore? Score { get; }

    /// <summary>What a member takes with it: weights and moments, each [S * Layout.Length].</summary>
    public IReadOnlyList<Tensor> State => [Parameters.Weights, Optimizer.FirstMoment, Optimizer.SecondMoment];

    /// <inheritdoc/>
    public void Dispose()
    {
        Score?.Dispose();
        Model.Dispose();
        Batch.Dispose();
        Optimizer.Dispose();
        Parameters.Dispose();
    }
}
