using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>
/// One whole training step as operations on one device: fetch the batch, zero, forward, backward, clip, AdamW, note loss and norm, count. The host reads nothing, allocates nothing that
/// stays, and passes nothing that changes, so that the same code runs eagerly anywhere and is captured once on a GPU and replayed. Shapes: B rows, T context.
/// </summary>
internal sealed class DeviceStep : IDeviceStep
{
    private readonly FlatParameters _parameters;
    private readonly IDeviceGradients _gradients;
    private readonly IDeviceUpdate _update;
    private readonly int _microRows;
    private readonly Tensor _inputs_BT;
    private readonly Tensor _targets_BT;
    private readonly Tensor _places_W;
    private readonly Tensor _loss_1;

    /// <summary>A step over given parts, which it disposes with itself.</summary>
    /// <param name="parameters">Weights and gradients.</param>
    /// <param name="gradients">How loss and gradient are computed.</param>
    /// <param name="update">How the step ends.</param>
    /// <param name="rows">Sequences a step, B.</param>
    /// <param name="microRows">Sequences a forward pass, a divisor of <paramref name="rows"/> or not.</param>
    /// <param name="tableSteps">Steps whose numbers fit on the device at once.</param>
    public DeviceStep(FlatParameters parameters, IDeviceGradients gradients, IDeviceUpdate update, int rows, int microRows, int tableSteps)
    {
        (_parameters, _gradients, _update, _microRows) = (parameters, gradients, update, microRows);
        var (context, device) = (parameters.Layout.Model.ContextLength, parameters.Device);
        Tables = new StepTables(tableSteps, rows, device);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        _inputs_BT = scope.Detach(zeros([rows, context], ScalarType.Int64, device));
        _targets_BT = scope.Detach(zeros([rows, context], ScalarType.Int64, device));
        _places_W = scope.Detach(arange(0, context + 1, dtype: ScalarType.Int64, device: device));
        _loss_1 = scope.Detach(zeros([1], ScalarType.Float32, device));
    }

    /// <summary>What changes from step to step.</summary>
    public StepTables Tables { get; }

    /// <summary>What computes, for records.</summary>
    public string Name => $"{_gradients.Name}, {_update.Name}";

    /// <inheritdoc/>
    public Device Device => _parameters.Device;

    /// <inheritdoc/>
    public Action? OnGradients { get; set; }

    /// <inheritdoc/>
    public void Run(Tensor tokens_N)
    {
        using var scope = NewDisposeScope();
        Fetch(tokens_N);
        _parameters.ZeroGradients();
        _loss_1.zero_();
        var rows = (int)_inputs_BT.shape[0];
        for (var row = 0; row < rows; row += _microRows)
        {
            var count = Math.Min(_microRows, rows - row);
            _gradients.Accumulate(_inputs_BT.narrow(0, row, count), _targets_BT.narrow(0, row, count), count / (double)rows, _loss_1);
        }

        OnGradients?.Invoke();
        _update.Apply(Tables, _loss_1);
        Tables.Counter.add_(1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gradients.Dispose();
        _update.Dispose();
        Tables.Dispose();
        foreach (var tensor in new[] { _inputs_BT, _targets_BT, _places_W, _loss_1 })
        {
            tensor.Dispose();
        }
    }

    private void Fetch(Tensor tokens_N)
    {
        using var noGrad = no_grad();
        var (rows, context) = (_inputs_BT.shape[0], _inputs_BT.shape[1]);
        var offsets_B1 = Tables.Offsets.index_select(0, Tables.Counter).view(rows, 1);
        var windows_BW = tokens_N.index_select(0, (offsets_B1 + _places_W).view(-1)).view(rows, context + 1);
        _inputs_BT.copy_(windows_BW.narrow(1, 0, context));
        _targets_BT.copy_(windows_BW.narrow(1, 1, context));
    }
}
