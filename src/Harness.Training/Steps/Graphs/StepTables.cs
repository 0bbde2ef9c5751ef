using Harness.Core.Training;
using Harness.Training.Data;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>
/// All that changes from step to step, on the device: where each row's window begins, the learning rate and its corrections, which step it is, and what each step found; of one run or of a
/// stack's members, whose runs may be at different steps. Filled for many steps at once, so that the host has nothing to do in a step. Shapes: K steps, S members, B rows of a member.
/// </summary>
internal sealed class StepTables : IDisposable
{
    private const int Columns = 4;

    private readonly int _members;
    private readonly int _rows;

    /// <summary>Room for <paramref name="capacity"/> steps.</summary>
    public StepTables(int capacity, int members, int rows, Device device)
    {
        (Capacity, _members, _rows) = (capacity, members, rows);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Offsets = scope.Detach(zeros([capacity, members * rows], ScalarType.Int64, device));
        Rates = scope.Detach(zeros([capacity, members * Columns], ScalarType.Float32, device));
        Counter = scope.Detach(zeros([1], ScalarType.Int64, device));
        Losses = scope.Detach(zeros([capacity, members], ScalarType.Float32, device));
        Norms = scope.Detach(zeros([capacity, members], ScalarType.Float32, device));
        State = scope.Detach(ones([members, 2], ScalarType.Float32, device));
        Alive_S1 = scope.Detach(State.narrow(1, 1, 1));
    }

    /// <summary>Steps that fit, K.</summary>
    public int Capacity { get; }

    /// <summary>Int64 [K, S * B]: positions in <see cref="DeviceCorpus.Tokens"/>, member-major.</summary>
    public Tensor Offsets { get; }

    /// <summary>[K, 4 * S]: of each member, the rate over the first moment's bias correction; 1 over the root of the second's; 1 - rate * decay; the number of the update, from 1.</summary>
    public Tensor Rates { get; }

    /// <summary>Int64 [1]: the place of the step under way.</summary>
    public Tensor Counter { get; }

    /// <summary>[K, S]: mean losses, nats a token.</summary>
    public Tensor Losses { get; }

    /// <summary>[K, S]: global L2 norms of the gradients before clipping.</summary>
    public Tensor Norms { get; }

    /// <summary>[S, 2]: the factor on each member's gradient of the step under way, and <see cref="Alive_S1"/>.</summary>
    public Tensor State { get; }

    /// <summary>[S, 1]: 1 until a member's loss or norm isn't finite, then 0: its weights keep their bits while the others train on.</summary>
    public Tensor Alive_S1 { get; }

    /// <summary>Fills the tables of one run and goes to their beginning; see the other <c>Load</c>.</summary>
    public void Load(long first, int count, TrainingSpec training, BatchOrder order, DeviceCorpus corpus) => Load([first], count, [true], [training], [order], corpus);

    /// <summary>Fills the tables and goes to their beginning.</summary>
    /// <param name="first">By member: its next step, 0-based.</param>
    /// <param name="count">Steps.</param>
    /// <param name="active">By member: whether it takes part; the numbers of others are those of no training.</param>
    /// <param name="trainings">By member.</param>
    /// <param name="orders">By member.</param>
    /// <param name="corpus">Where offsets point into.</param>
    public void Load(
        ReadOnlySpan<long> first, int count, ReadOnlySpan<bool> active, IReadOnlyList<TrainingSpec> trainings, IReadOnlyList<BatchOrder> orders, DeviceCorpus corpus)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Capacity);
        var offsets = new long[count * _members * _rows];
        var rates = new float[count * _members * Columns];
        var alive = new float[_members];
        for (var s = 0; s < _members; s++)
        {
            alive[s] = active[s] ? 1 : 0;
            for (var k = 0; active[s] && k < count; k++)
            {
                var (step, training, optimizer) = (first[s] + k, trainings[s], trainings[s].Optimizer);
                for (var row = 0; row < _rows; row++)
                {
                    offsets[(k * _members + s) * _rows + row] = orders[s].OffsetOf(step, row);
                }

                var rate = training.PeakLearningRate * training.Schedule.FactorAt(step, training.Steps);
                var at = (k * _members + s) * Columns;
                rates[at] = (float)(rate / (1 - Math.Pow(optimizer.Beta1, step + 1)));
                rates[at + 1] = (float)(1 / Math.Sqrt(1 - Math.Pow(optimizer.Beta2, step + 1)));
                rates[at + 2] = (float)(1 - rate * optimizer.WeightDecay);
                rates[at + 3] = step + 1;
            }
        }

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Offsets.narrow(0, 0, count).copy_(tensor(corpus.Bring(offsets, orders[0].ContextLength + 1), [count, _members * _rows]));
        Rates.narrow(0, 0, count).copy_(tensor(rates, [count, _members * Columns]));
        Alive_S1.copy_(tensor(alive, [_members, 1]));
        Counter.zero_();
    }

    /// <summary>This step's numbers, [S, 1] each: rate, inverse root, share of a matrix that stays, number of the update.</summary>
    public (Tensor Rate_S1, Tensor InverseRoot_S1, Tensor Keep_S1, Tensor Update_S1) Row()
    {
        var row_SC = Rates.index_select(0, Counter).view(_members, Columns);
        return (row_SC.narrow(1, 0, 1), row_SC.narrow(1, 1, 1), row_SC.narrow(1, 2, 1), row_SC.narrow(1, 3, 1));
    }

    /// <summary>Keeps a step's losses and norms, and ends the updates of members where one isn't finite.</summary>
    /// <param name="loss_S">By member.</param>
    /// <param name="norm_S1">By member.</param>
    public void Judge(Tensor loss_S, Tensor norm_S1)
    {
        var place_1S = Counter.view(1, 1).expand(1, _members);
        Losses.scatter_(0, place_1S, loss_S.view(1, _members));
        Norms.scatter_(0, place_1S, norm_S1.view(1, _members));
        Alive_S1.mul_(loss_S.view(_members, 1).isfinite().logical_and(norm_S1.isfinite()).to(ScalarType.Float32));
    }

    /// <summary>What <paramref name="count"/> steps found, by step and member; waits for the device.</summary>
    /// <param name="from">Steps since <see cref="Load(ReadOnlySpan{long}, int, ReadOnlySpan{bool}, IReadOnlyList{TrainingSpec}, IReadOnlyList{BatchOrder}, DeviceCorpus)"/> that are left out.</param>
    /// <param name="count">Steps.</param>
    public StepOutcome[][] Read(int from, int count)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var values = stack([Losses.narrow(0, from, count), Norms.narrow(0, from, count)]).cpu().data<float>().ToArray();
        return [.. Enumerable.Range(0, count).Select(k => Enumerable.Range(0, _members)
            .Select(s => new StepOutcome(values[k * _members + s], values[(count + k) * _members + s])).ToArray())];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in new[] { Offsets, Rates, Counter, Losses, Norms, Alive_S1, State })
        {
            tensor.Dispose();
        }
    }
}
