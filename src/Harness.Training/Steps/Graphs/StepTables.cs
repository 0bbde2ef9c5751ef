using Harness.Core.Training;
using Harness.Training.Data;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>
/// All that changes from step to step, on the device: where each row's window begins, the learning rate and its corrections, which step it is, and what each step
/// found. Filled for many steps at once, so that the host has nothing to do in a step. Shapes: K steps, B rows.
/// </summary>
internal sealed class StepTables : IStepNumbers, IDisposable
{
    private readonly long[] _offsets;
    private readonly float[] _rates;

    /// <summary>Room for <paramref name="capacity"/> steps of <paramref name="rows"/> rows.</summary>
    public StepTables(int capacity, int rows, Device device)
    {
        (Capacity, Rows) = (capacity, rows);
        (_offsets, _rates) = (new long[capacity * rows], new float[capacity * 4]);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Offsets = scope.Detach(zeros([capacity, rows], ScalarType.Int64, device));
        Rates = scope.Detach(zeros([capacity, 4], ScalarType.Float32, device));
        Counter = scope.Detach(zeros([1], ScalarType.Int64, device));
        Losses = scope.Detach(zeros([capacity], ScalarType.Float32, device));
        Norms = scope.Detach(zeros([capacity], ScalarType.Float32, device));
        State = scope.Detach(ones([2], ScalarType.Float32, device));
        Alive = scope.Detach(State.narrow(0, 1, 1));
    }

    /// <summary>Steps that fit, K.</summary>
    public int Capacity { get; }

    /// <summary>Rows a step, B.</summary>
    public int Rows { get; }

    /// <summary>Int64 [K, B]: positions in <see cref="DeviceCorpus.Tokens"/>.</summary>
    public Tensor Offsets { get; }

    /// <summary>[K, 4]: rate over the first moment's bias correction; 1 over the root of the second's; 1 - rate * decay; the number of the update, from 1.</summary>
    public Tensor Rates { get; }

    /// <summary>Int64 [1]: the place of the step under way.</summary>
    public Tensor Counter { get; }

    /// <summary>[K]: mean losses, nats a token.</summary>
    public Tensor Losses { get; }

    /// <summary>[K]: global L2 norms of the gradients before clipping.</summary>
    public Tensor Norms { get; }

    /// <summary>[2]: the factor on the gradient of the step under way, and <see cref="Alive"/>.</summary>
    public Tensor State { get; }

    /// <summary>[1]: 1 until a loss or norm isn't finite, then 0 for good: no update is applied any more, however many steps were asked for already.</summary>
    public Tensor Alive { get; }

    /// <summary>Fills the tables for steps from <paramref name="first"/> (0-based) on and goes to their beginning.</summary>
    public void Load(long first, int count, TrainingSpec training, BatchOrder order, DeviceCorpus corpus)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Capacity);
        var optimizer = training.Optimizer;
        for (var k = 0; k < count; k++)
        {
            var step = first + k;
            for (var row = 0; row < Rows; row++)
            {
                _offsets[k * Rows + row] = order.OffsetOf(step, row);
            }

            var rate = training.PeakLearningRate * training.Schedule.FactorAt(step, training.Steps);
            _rates[4 * k] = (float)(rate / (1 - Math.Pow(optimizer.Beta1, step + 1)));
            _rates[4 * k + 1] = (float)(1 / Math.Sqrt(1 - Math.Pow(optimizer.Beta2, step + 1)));
            _rates[4 * k + 2] = (float)(1 - rate * optimizer.WeightDecay);
            _rates[4 * k + 3] = step + 1;
        }

        var used = _offsets.AsSpan(0, count * Rows).ToArray();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Offsets.narrow(0, 0, count).copy_(tensor(corpus.Bring(used, order.ContextLength + 1), [count, Rows]));
        Rates.narrow(0, 0, count).copy_(tensor(_rates.AsSpan(0, 4 * count).ToArray(), [count, 4]));
        Counter.zero_();
        State.fill_(1);
    }

    /// <summary>What the first <paramref name="count"/> steps since <see cref="Load"/> found; waits for the device.</summary>
    public StepOutcome[] Read(int from, int count)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var both = stack([Losses.narrow(0, from, count), Norms.narrow(0, from, count)]).cpu();
        var values = both.data<float>().ToArray();
        return [.. Enumerable.Range(0, count).Select(i => new StepOutcome(values[i], values[count + i]))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in new[] { Offsets, Rates, Counter, Losses, Norms, Alive, State })
        {
            tensor.Dispose();
        }
    }
}
