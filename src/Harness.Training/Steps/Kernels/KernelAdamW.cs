using Harness.Core.Training;
using Harness.Torch;
using Harness.Training.Models;
using Harness.Training.Optimization;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Kernels;

/// <summary>AdamW on a CPU: one pass over memory for the norm, one for clipping and the update, in as many pieces as there are threads.</summary>
internal sealed class KernelAdamW : FlatOptimizer
{
    private readonly LaneThreads _threads;
    private readonly Piece[][] _pieces;
    private readonly double[] _squares;
    private double _clip = 1;

    /// <summary>Zero moments for the given parameters, for so many threads.</summary>
    public KernelAdamW(OptimizerSpec spec, FlatParameters parameters, int threads) : base(spec, parameters)
    {
        _threads = LaneThreads.Of(threads);
        _squares = new double[threads];
        _pieces = [.. Enumerable.Range(0, threads).Select(lane => Enum.GetValues<ParameterGroup>().Select(group => PieceOf(group, lane, threads)).ToArray())];
    }

    /// <inheritdoc/>
    public override double Clip()
    {
        _threads.Run(lane => _squares[lane] = _pieces[lane].Sum(piece => CpuKernels.SumOfSquares(piece.Gradients)));
        var norm = Math.Sqrt(_squares.Sum());
        _clip = Spec.GradientClip is { } limit && norm > limit ? limit / norm : 1;
        return norm;
    }

    /// <inheritdoc/>
    public override void Update(double rate, long update) => _threads.Run(lane =>
    {
        foreach (var piece in _pieces[lane])
        {
            // The kernel takes rate * decay; the decay's rate has no muP factor.
            CpuKernels.AdamW(
                piece.Weights, piece.Gradients, piece.FirstMoment, piece.SecondMoment, piece.Decayed, update, rate * piece.RateScale,
                Spec.Beta1, Spec.Beta2, Spec.Epsilon, Spec.WeightDecay / piece.RateScale, _clip, zeroGradients: false);
        }
    });

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        foreach (var piece in _pieces.SelectMany(p => p))
        {
            piece.Weights.Dispose();
            piece.Gradients.Dispose();
            piece.FirstMoment.Dispose();
            piece.SecondMoment.Dispose();
        }
    }

    private Piece PieceOf(ParameterGroup group, int lane, int lanes)
    {
        var layout = Parameters.Layout;
        var (start, length) = layout.SliceOf(group);
        // Whole cache lines, so that no two threads write to one.
        var (first, count) = LaneThreads.Slice(length / ParameterLayout.Alignment, lane, lanes);
        (start, length) = (start + first * ParameterLayout.Alignment, count * ParameterLayout.Alignment);
        Tensor Slice(Tensor flat) => flat.narrow(0, start, length).DetachFromDisposeScope();
        return new Piece(
            Slice(Parameters.Weights), Slice(Parameters.Gradients), Slice(FirstMoment), Slice(SecondMoment),
            layout.LearningRateScale(group), group == ParameterGroup.Vector ? 0 : length);
    }

    private sealed record Piece(Tensor Weights, Tensor Gradients, Tensor FirstMoment, Tensor SecondMoment, double RateScale, long Decayed);
}
