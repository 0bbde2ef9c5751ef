using Harness.Core.Models;
using Harness.Core.Training;
using Harness.Training.Models;
using Harness.Training.Steps.Graphs;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Steps;

/// <summary>
/// S models as one: <see cref="Transformer"/> with a leading dimension on every parameter, under autograd, and <see cref="Optimization.StackedAdamW"/>. One launch does what S would
/// do, which is what small models wait for on a GPU. Members that have ended can be left behind: the others move together and keep their bits.
/// </summary>
internal sealed class BatchedStack : IStackEngine
{
    /// <summary>
    /// Compiling kernels for another number of members, measuring attention, a few steps by hand and capturing two graphs take some tenths of a second; small models' steps some tenths of a
    /// millisecond. An assumption: it has not been measured on a GPU.
    /// </summary>
    private const int StepsOfPackingOnGpu = 1000;

    private readonly Func<IReadOnlyList<OptimizerSpec>, PackedModels> _pack;
    private readonly int _rows;
    private readonly int _microRows;
    private readonly int _begun;
    private PackedModels _packed;
    private StackLane[] _lanes;

    /// <summary>Zero weights and moments.</summary>
    /// <param name="model">The members' model.</param>
    /// <param name="optimizers">AdamW's constants, one a member.</param>
    /// <param name="precision">Number format.</param>
    /// <param name="device">Where.</param>
    /// <param name="batchRows">Sequences of a member's batch.</param>
    /// <param name="microRows">Sequences of each member in a forward pass, 1 to <paramref name="batchRows"/>.</param>
    /// <param name="path">Whether the host drives each step where the device could be given many.</param>
    public BatchedStack(
        ModelSpec model, IReadOnlyList<OptimizerSpec> optimizers, Precision precision, Device device, int batchRows, int microRows, StepPath path = StepPath.Plain)
    {
        (_rows, _microRows, _begun) = (batchRows, microRows, optimizers.Count);
        _pack = members => new PackedModels(model, members, precision, device, batchRows, microRows, cutFor: _begun, path);
        _packed = _pack(optimizers);
        _lanes = [.. optimizers.Select((_, i) => new StackLane(this, i))];
        Stretch = GraphPath.For(this, path);
    }

    /// <summary>Members that the stack began with.</summary>
    public int Begun => _begun;

    /// <summary>Sequences of a member's batch.</summary>
    public int BatchRows => _rows;

    /// <summary>The tensors of the members that are left.</summary>
    public PackedModels Packed => _packed;

    /// <summary>Sequences of each member in a forward pass.</summary>
    public int MicroRows => _microRows;

    /// <inheritdoc/>
    public IStretch? Stretch { get; }

    /// <inheritdoc/>
    public IDeviceScore? Score => _packed.Score;

    /// <inheritdoc/>
    public IReadOnlyList<IRunLane> Lanes => _lanes;

    /// <inheritdoc/>
    public double? StepsOfPacking => _packed.Parameters.Device.type == DeviceType.CUDA ? StepsOfPackingOnGpu : 1;

    /// <inheritdoc/>
    public void Keep(ReadOnlySpan<bool> staying)
    {
        var places = new List<int>();
        for (var lane = 0; lane < staying.Length; lane++)
        {
            if (staying[lane])
            {
                places.Add(lane);
            }
            else
            {
                _lanes[lane].Dispose();
            }
        }

        ArgumentOutOfRangeException.ThrowIfZero(places.Count, nameof(staying));
        if (Stretch is { } stretch)
        {
            stretch.Replace(places, () => MoveTogether(places));
        }
        else
        {
            MoveTogether(places);
        }
    }

    /// <inheritdoc/>
    public void Compute(ReadOnlySpan<bool> active, Span<StepOutcome> outcomes, Action<int>? onGradients = null)
    {
        var (batch, parameters) = (_packed.Batch, _packed.Parameters);
        batch.Upload();
        parameters.ZeroGradients();
        Span<double> losses = stackalloc double[_lanes.Length];
        losses.Clear();
        for (var row = 0; row < _rows; row += _microRows)
        {
            var rows = Math.Min(_microRows, _rows - row);
            var share = rows / (double)_rows;
            using var scope = NewDisposeScope();
            var loss_S = _packed.Model.Loss(Rows(batch.Inputs_BT, row, rows), Rows(batch.Targets_BT, row, rows));
            (share == 1 ? loss_S : loss_S * share).sum().backward();
            parameters.CollectShadowGradients();
            AddTo(losses, loss_S, share);
        }

        for (var i = 0; i < _lanes.Length; i++)
        {
            if (active[i])
            {
                onGradients?.Invoke(i);
            }
        }

        var norms = _packed.Optimizer.Clip();
        for (var i = 0; i < _lanes.Length; i++)
        {
            outcomes[i] = new StepOutcome(losses[i], norms[i]);
        }
    }

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<bool> active, ReadOnlySpan<double> rates, ReadOnlySpan<long> updates) => _packed.Optimizer.Update(active, rates, updates);

    /// <inheritdoc/>
    public void Evaluate(int rows, ReadOnlySpan<bool> active, Span<double> sums)
    {
        using var noGrad = no_grad();
        var batch = _packed.Batch;
        batch.Upload();
        sums.Clear();
        for (var row = 0; row < rows; row += _microRows)
        {
            var count = Math.Min(_microRows, rows - row);
            using var scope = NewDisposeScope();
            AddTo(sums, _packed.Model.Loss(Rows(batch.Inputs_BT, row, count), Rows(batch.Targets_BT, row, count)), count);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stretch?.Dispose();
        Array.ForEach(_lanes, lane => lane.Dispose());
        _packed.Dispose();
    }

    /// <summary>Replaces the tensors by those of the members at some places. The old ones are freed first, so that the two never lie in memory together.</summary>
    private void MoveTogether(List<int> places)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (count, length) = (_lanes.Length, _packed.Parameters.Layout.Length);
        var places_S = tensor([.. places.Select(p => (long)p)], [places.Count], device: _packed.Parameters.Device);
        Tensor[] state = [.. _packed.State.Select(flat => flat.view(count, length).index_select(0, places_S).view(-1))];
        StackLane[] staying = [.. places.Select(p => _lanes[p])];
        Array.ForEach(staying, lane => lane.Dispose());
        _packed.Dispose();
        _packed = _pack([.. places.Select(p => _packed.Optimizers[p])]);
        foreach (var (to, from) in _packed.State.Zip(state))
        {
            to.copy_(from);
        }

        _packed.Parameters.RefreshShadow();
        _lanes = staying;
        for (var i = 0; i < staying.Length; i++)
        {
            staying[i].Take(i);
        }
    }

    private static void AddTo(Span<double> sums, Tensor loss_S, double factor)
    {
        using var host = loss_S.detach().cpu();
        var losses = host.data<float>().ToArray();
        for (var i = 0; i < losses.Length; i++)
        {
            sums[i] += factor * losses[i];
        }
    }

    /// <summary>The same rows of every member's batch, member-major, [S * count, T].</summary>
    private Tensor Rows(Tensor tokens_BT, int row, int count) => count == _rows
        ? tokens_BT
        : tokens_BT.view(_lanes.Length, _rows, _packed.Batch.Context).narrow(1, row, count).reshape(_lanes.Length * count, _packed.Batch.Context);
}
