using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>
/// One whole training step as operations on one device, of one run or of every member of a stack: fetch the batches, zero, forward, backward, clip, AdamW, note losses and norms, count. The host reads
/// nothing, allocates nothing that stays, and passes nothing that changes, so that the same code runs eagerly anywhere and is captured once on a GPU and replayed. Shapes: S members, B rows of
/// each, T context.
/// </summary>
internal sealed class DeviceStep : IDisposable
{
    private readonly FlatParameters _parameters;
    private readonly IDeviceGradients _gradients;
    private readonly IDeviceUpdate _update;
    private readonly int _microRows;
    private readonly Tensor _inputs_SBT;
    private readonly Tensor _targets_SBT;
    private readonly Tensor _places_W;
    private readonly Tensor _loss_S;

    /// <summary>A step over given parts, which it disposes with itself.</summary>
    /// <param name="parameters">Of S members.</param>
    /// <param name="gradients">How losses and gradients are computed.</param>
    /// <param name="update">How the step ends.</param>
    /// <param name="rows">Sequences of a member's batch, B.</param>
    /// <param name="microRows">Sequences of each member in a forward pass.</param>
    /// <param name="tableSteps">Steps whose numbers fit on the device at once.</param>
    public DeviceStep(FlatParameters parameters, IDeviceGradients gradients, IDeviceUpdate update, int rows, int microRows, int tableSteps)
    {
        (_parameters, _gradients, _update, _microRows) = (parameters, gradients, update, microRows);
        var (context, device, members) = (parameters.Layout.Model.ContextLength, parameters.Device, parameters.Members);
        Tables = new StepTables(tableSteps, members, rows, device);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        _inputs_SBT = scope.Detach(zeros([members, rows, context], ScalarType.Int64, device));
        _targets_SBT = scope.Detach(zeros([members, rows, context], ScalarType.Int64, device));
        _places_W = scope.Detach(arange(0, context + 1, dtype: ScalarType.Int64, device: device));
        _loss_S = scope.Detach(zeros([members], ScalarType.Float32, device));
    }

    /// <summary>What changes from step to step.</summary>
    public StepTables Tables { get; }

    /// <summary>What computes, for records.</summary>
    public string Name => $"{_gradients.Name}, {_update.Name}";

    /// <summary>Where the weights are.</summary>
    public Device Device => _parameters.Device;

    /// <summary>Called between gradient and update, for tests; a step with it can't be captured.</summary>
    public Action? OnGradients { get; set; }

    /// <summary>Does the step at its tables' counter, and counts on.</summary>
    /// <param name="tokens_N">The corpus that the tables' offsets point into.</param>
    public void Run(Tensor tokens_N)
    {
        using var scope = NewDisposeScope();
        Fetch(tokens_N);
        _parameters.ZeroGradients();
        var (members, rows, context) = (_inputs_SBT.shape[0], (int)_inputs_SBT.shape[1], _inputs_SBT.shape[2]);
        _loss_S.zero_();
        for (var row = 0; row < rows; row += _microRows)
        {
            using var piece = NewDisposeScope();
            var count = Math.Min(_microRows, rows - row);
            Tensor Rows(Tensor tokens_SBT) => tokens_SBT.narrow(1, row, count).reshape(members * count, context);
            _gradients.Accumulate(Rows(_inputs_SBT), Rows(_targets_SBT), count / (double)rows, _loss_S);
        }

        OnGradients?.Invoke();
        _update.Apply(Tables, _loss_S);
        Tables.Counter.add_(1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gradients.Dispose();
        _update.Dispose();
        Tables.Dispose();
        foreach (var tensor in new[] { _inputs_SBT, _targets_SBT, _places_W, _loss_S })
        {
            tensor.Dispose();
        }
    }

    private void Fetch(Tensor tokens_N)
    {
        using var noGrad = no_grad();
        var (members, rows, context) = (_inputs_SBT.shape[0], _inputs_SBT.shape[1], _inputs_SBT.shape[2]);
        var offsets_R1 = Tables.Offsets.index_select(0, Tables.Counter).view(members * rows, 1);
        var windows_SBW = tokens_N.index_select(0, (offsets_R1 + _places_W).view(-1)).view(members, rows, context + 1);
        _inputs_SBT.copy_(windows_SBW.narrow(2, 0, context));
        _targets_SBT.copy_(windows_SBW.narrow(2, 1, context));
    }
}
