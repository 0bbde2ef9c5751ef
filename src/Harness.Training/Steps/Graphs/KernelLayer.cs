using Harness.Torch;
using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>
/// A linear layer's weights and gradients, out of autograd's sight: products by cuBLAS into given buffers, a bias's gradient by our kernels. Of several members, one batched product takes each
/// one's matrix and rows. Shapes: n rows of a member, I in, O out; S members in front where there are several.
/// </summary>
internal sealed class KernelLayer : IDisposable
{
    /// <summary>Four for each of a block's eight warps, so that a small batch has few partial sums.</summary>
    public const int RowsOfBiasBlock = 32;

    private readonly DeviceKernels _kernels;
    private readonly Tensor _weight_SOI;
    private readonly Tensor _weight_SIO;
    private readonly Tensor? _bias_S1O;
    private readonly Tensor _weightGradient_SOI;
    private readonly Tensor? _biasGradient_SO;
    private readonly int _members;
    private readonly bool _isStack;

    /// <summary>The layer of a name.</summary>
    public KernelLayer(FlatParameters parameters, DeviceKernels kernels, string name)
    {
        (_kernels, _members, _isStack) = (kernels, parameters.Members, parameters.IsStack);
        using var scope = NewDisposeScope();
        _weight_SOI = scope.Detach(parameters[name + ".weight"].detach());
        _weight_SIO = scope.Detach(_weight_SOI.transpose(-2, -1));
        _bias_S1O = parameters.Find(name + ".bias")?.detach() is { } bias ? scope.Detach(_isStack ? bias.unsqueeze(1) : bias) : null;
        _weightGradient_SOI = parameters.GradientOf(name + ".weight");
        _biasGradient_SO = parameters.FindGradient(name + ".bias");
    }

    /// <summary>y = x W^T + b.</summary>
    /// <param name="y_NO">[S n, O].</param>
    /// <param name="x_NI">[S n, I].</param>
    public void Multiply(Tensor y_NO, Tensor x_NI)
    {
        using var scope = NewDisposeScope();
        if (_isStack)
        {
            var y_SnO = ByMember(y_NO);
            if (_bias_S1O is null)
            {
                TorchExtensions.BatchMatmulInto(y_SnO, ByMember(x_NI), _weight_SIO);
            }
            else
            {
                TorchExtensions.AddBatchMatmulInto(y_SnO, _bias_S1O, ByMember(x_NI), _weight_SIO);
            }
        }
        else if (_bias_S1O is null)
        {
            TorchExtensions.MatmulInto(y_NO, x_NI, _weight_SIO);
        }
        else
        {
            TorchExtensions.AddMatmulInto(y_NO, _bias_S1O, x_NI, _weight_SIO);
        }
    }

    /// <summary>Adds the gradients by matrix and bias, and sets the one by the input.</summary>
    /// <param name="partial">Room for partial sums of a bias's gradient.</param>
    /// <param name="dx_NI">[S n, I].</param>
    /// <param name="dy_NO">[S n, O].</param>
    /// <param name="x_NI">[S n, I].</param>
    public void Backward(Tensor partial, Tensor dx_NI, Tensor dy_NO, Tensor x_NI)
    {
        using var scope = NewDisposeScope();
        if (_isStack)
        {
            TorchExtensions.AddBatchMatmulInto(_weightGradient_SOI, _weightGradient_SOI, ByMember(dy_NO).transpose(1, 2), ByMember(x_NI));
        }
        else
        {
            TorchExtensions.AddMatmulInto(_weightGradient_SOI, _weightGradient_SOI, dy_NO.t(), x_NI);
        }

        if (_biasGradient_SO is not null)
        {
            var (rows, columns) = ((int)(dy_NO.shape[0] / _members), (int)dy_NO.shape[1]);
            var (partials, blocks) = (_kernels.PartialsFor(rows, RowsOfBiasBlock), DeviceKernels.Blocks(columns, DeviceKernels.Columns));
            _kernels.Activation["bias_partial"].LaunchGrid(blocks, partials * _members, DeviceKernels.Wide, partial, dy_NO, rows, columns);
            _kernels.Activation["bias_finish"].LaunchGrid(blocks, _members, DeviceKernels.ThreadsToShare(partials), _biasGradient_SO, partial, partials, columns);
        }

        if (_isStack)
        {
            TorchExtensions.BatchMatmulInto(ByMember(dx_NI), ByMember(dy_NO), _weight_SOI);
        }
        else
        {
            TorchExtensions.MatmulInto(dx_NI, dy_NO, _weight_SOI);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _weight_SOI.Dispose();
        _weight_SIO.Dispose();
        _bias_S1O?.Dispose();
    }

    private Tensor ByMember(Tensor rows_NC) => rows_NC.view(_members, -1, rows_NC.shape[1]);
}
