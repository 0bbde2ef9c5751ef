using Harness.Core.Training;
using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Optimization;

/// <summary>
/// AdamW with decoupled decay (Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2) on the flat tensor, after clipping the global norm.
/// Decay takes rate * decay of every matrix, whatever its muP factor, so that its time scale doesn't move with width.
/// </summary>
internal abstract class FlatOptimizer : IDisposable
{
    /// <summary>Zero moments for the given parameters.</summary>
    protected FlatOptimizer(OptimizerSpec spec, FlatParameters parameters)
    {
        Spec = spec;
        Parameters = parameters;
        using var noGrad = no_grad();
        FirstMoment = zeros_like(parameters.Weights).DetachFromDisposeScope();
        SecondMoment = zeros_like(parameters.Weights).DetachFromDisposeScope();
    }

    /// <summary>Decaying mean of the gradients, [Layout.Length].</summary>
    public Tensor FirstMoment { get; }

    /// <summary>Decaying mean of the squared gradients, [Layout.Length].</summary>
    public Tensor SecondMoment { get; }

    /// <summary>The constants.</summary>
    protected OptimizerSpec Spec { get; }

    /// <summary>What is updated.</summary>
    protected FlatParameters Parameters { get; }

    /// <summary>Measures the gradient's global L2 norm and arranges for the next update to be clipped to the limit.</summary>
    /// <returns>The norm before clipping; not finite if any gradient isn't.</returns>
    public abstract double Clip();

    /// <summary>One update from the clipped gradient.</summary>
    /// <param name="rate">This step's learning rate, before muP factors.</param>
    /// <param name="update">1-based number of this update, for the bias correction.</param>
    public abstract void Update(double rate, long update);

    /// <summary>Forgets the moments.</summary>
    public void Reset()
    {
        using var noGrad = no_grad();
        FirstMoment.zero_();
        SecondMoment.zero_();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the moments.</summary>
    protected virtual void Dispose(bool disposing)
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }
}
