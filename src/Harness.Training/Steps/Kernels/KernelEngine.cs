using Harness.Torch;
using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Kernels;

/// <summary>
/// The fast path on a CPU, fp32: forward and backward written out over fused kernels and buffers made once. No autograd, no allocation in a step,
/// no [T, T] matrix. Several threads share a micro-batch by its sequences, each with buffers and a gradient of its own; the gradients are then added in the
/// lanes' order, so that bits repeat for a given number of threads. Held against the plain path by tests.
/// </summary>
internal sealed class KernelEngine : IGradientEngine
{
    private readonly FlatParameters _parameters;
    private readonly LaneThreads _threads;
    private readonly KernelLane[] _lanes;
    private readonly double[] _sums;

    /// <summary>An engine over fp32 parameters on the CPU, for so many threads.</summary>
    public KernelEngine(FlatParameters parameters, int threads)
    {
        _parameters = parameters;
        _threads = LaneThreads.Of(threads);
        _lanes = [.. Enumerable.Range(0, threads).Select(lane => new KernelLane(parameters.Layout.Model, new GradientTarget(parameters, apart: lane > 0)))];
        _sums = new double[threads];
    }

    /// <inheritdoc/>
    public string Name => $"CPU kernels (level {CpuKernels.InstructionLevel}{(_lanes.Length > 1 ? $", {_lanes.Length} threads" : "")})";

    /// <inheritdoc/>
    public double Accumulate(Tensor inputs_BT, Tensor targets_BT, double share)
    {
        var weight = share / targets_BT.numel();
        var loss = InLanes(inputs_BT, targets_BT, (lane, inputs, targets) => lane.Accumulate(inputs, targets, weight));
        if (_lanes.Length > 1)
        {
            _threads.Run(lane =>
            {
                var (start, length) = LaneThreads.Slice(_parameters.Gradients.numel(), lane, _lanes.Length);
                for (var other = 1; other < _lanes.Length; other++)
                {
                    CpuKernels.Drain(_parameters.Gradients, _lanes[other].Apart!, start, length);
                }
            });
        }

        return loss;
    }

    /// <inheritdoc/>
    public double Evaluate(Tensor inputs_BT, Tensor targets_BT) => InLanes(inputs_BT, targets_BT, (lane, inputs, targets) => lane.Evaluate(inputs, targets));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var lane in _lanes)
        {
            lane.Dispose();
        }
    }

    /// <summary>Every lane over its sequences; the mean of the tokens' losses. A lane without a sequence rests.</summary>
    private double InLanes(Tensor inputs_BT, Tensor targets_BT, Func<KernelLane, Tensor, Tensor, double> work)
    {
        if (_lanes.Length == 1)
        {
            return work(_lanes[0], inputs_BT, targets_BT) / targets_BT.numel();
        }

        var rows = inputs_BT.size(0);
        _threads.Run(lane =>
        {
            var (start, length) = LaneThreads.Slice(rows, lane, _lanes.Length);
            _sums[lane] = 0;
            if (length > 0)
            {
                using var inputs = inputs_BT.narrow(0, start, length);
                using var targets = targets_BT.narrow(0, start, length);
                _sums[lane] = work(_lanes[lane], inputs, targets);
            }
        });
        return _sums.Sum() / targets_BT.numel();
    }
}
