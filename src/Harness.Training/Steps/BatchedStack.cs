using Harness.Core.Models;
using Harness.Core.Training;
using Harness.Training.Data;
using Harness.Training.Models;
using Harness.Training.Optimization;
using Harness.Training.Steps.Graphs;
using static TorchSharp.torch;

namespace Harness.Training.Steps;

/// <summary>
/// S models as one: <see cref="Transformer"/> with a leading dimension on every parameter, under autograd, and <see cref="StackedAdamW"/>. One launch does what S would
/// do, which is what small models wait for on a GPU.
/// </summary>
internal sealed class BatchedStack : IStackEngine
{
    private readonly FlatParameters _parameters;
    private readonly StackedAdamW _optimizer;
    private readonly TokenBatch _batch;
    private readonly Transformer _model;
    private readonly Lane[] _lanes;
    private readonly int _rows;
    private readonly int _microRows;

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
        (_rows, _microRows) = (batchRows, microRows);
        _parameters = new FlatParameters(ParameterLayout.Of(model), precision, device, optimizers.Count);
        _optimizer = new StackedAdamW(optimizers, _parameters);
        _batch = new TokenBatch(checked(optimizers.Count * batchRows), model.ContextLength, model.VocabularySize, device);
        _model = new Transformer(_parameters);
        _lanes = [.. optimizers.Select((_, i) => new Lane(this, i))];
        Stretch = GraphPath.For(this, _parameters, optimizers, _optimizer, microRows, path);
        Score = GraphPath.ScoreOf(_parameters, microRows, path);
    }

    /// <inheritdoc/>
    public IStackStretch? Stretch { get; }

    /// <inheritdoc/>
    public IDeviceScore? Score { get; }

    /// <inheritdoc/>
    public IReadOnlyList<IRunLane> Lanes => _lanes;

    /// <inheritdoc/>
    public void Compute(ReadOnlySpan<bool> active, Span<StepOutcome> outcomes, Action<int>? onGradients = null)
    {
        _batch.Upload();
        _parameters.ZeroGradients();
        Span<double> losses = stackalloc double[_lanes.Length];
        losses.Clear();
        for (var row = 0; row < _rows; row += _microRows)
        {
            var rows = Math.Min(_microRows, _rows - row);
            var share = rows / (double)_rows;
            using var scope = NewDisposeScope();
            var loss_S = _model.Loss(Rows(_batch.Inputs_BT, row, rows), Rows(_batch.Targets_BT, row, rows));
            (share == 1 ? loss_S : loss_S * share).sum().backward();
            _parameters.CollectShadowGradients();
            AddTo(losses, loss_S, share);
        }

        for (var i = 0; i < _lanes.Length; i++)
        {
            if (active[i])
            {
                onGradients?.Invoke(i);
            }
        }

        var norms = _optimizer.Clip();
        for (var i = 0; i < _lanes.Length; i++)
        {
            outcomes[i] = new StepOutcome(losses[i], norms[i]);
        }
    }

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<bool> active, ReadOnlySpan<double> rates, ReadOnlySpan<long> updates) => _optimizer.Update(active, rates, updates);

    /// <inheritdoc/>
    public void Evaluate(int rows, ReadOnlySpan<bool> active, Span<double> sums)
    {
        using var noGrad = no_grad();
        _batch.Upload();
        sums.Clear();
        for (var row = 0; row < rows; row += _microRows)
        {
            var count = Math.Min(_microRows, rows - row);
            using var scope = NewDisposeScope();
            AddTo(sums, _model.Loss(Rows(_batch.Inputs_BT, row, count), Rows(_batch.Targets_BT, row, count)), count);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stretch?.Dispose();
        Score?.Dispose();
        foreach (var lane in _lanes)
        {
            lane.Dispose();
        }

        _model.Dispose();
        _batch.Dispose();
        _optimizer.Dispose();
        _parameters.Dispose();
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
        : tokens_BT.view(_lanes.Length, _rows, _batch.Context).narrow(1, row, count).reshape(_lanes.Length * count, _batch.Context);

    private sealed class Lane : IRunLane, IDisposable
    {
        private readonly BatchedStack _stack;
        private readonly int _index;

        public Lane(BatchedStack stack, int index)
        {
            (_stack, _index) = (stack, index);
            Weights = Slice(stack._parameters.Weights);
            Gradients = Slice(stack._parameters.Gradients);
            FirstMoment = Slice(stack._optimizer.FirstMoment);
            SecondMoment = Slice(stack._optimizer.SecondMoment);
        }

        public ParameterLayout Layout => _stack._parameters.Layout;

        public Device Device => _stack._parameters.Device;

        public string PathName => _stack.Stretch?.Name ?? "batched autograd";

        public int StackSize => _stack._lanes.Length;

        public int BatchRows => _stack._rows;

        public Tensor Weights { get; }

        public Tensor Gradients { get; }

        public Tensor FirstMoment { get; }

        public Tensor SecondMoment { get; }

        public void Initialize(long seed)
        {
            using var noGrad = no_grad();
            using var host = tensor(InitialWeights.Of(Layout, seed), [Layout.Length]);
            Weights.copy_(host);
            FirstMoment.zero_();
            SecondMoment.zero_();
            WeightsChanged();
        }

        public void WeightsChanged() => _stack._parameters.RefreshShadow();

        public void SetRow(int row, TokenSequence tokens, long offset) => _stack._batch.SetRow(_index * _stack._rows + row, tokens, offset);

        public void Dispose()
        {
            Weights.Dispose();
            Gradients.Dispose();
            FirstMoment.Dispose();
            SecondMoment.Dispose();
        }

        private Tensor Slice(Tensor flat) => flat.narrow(0, _index * Layout.Length, Layout.Length).DetachFromDisposeScope();
    }
}
