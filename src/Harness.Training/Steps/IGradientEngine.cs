using TorchSharp;

namespace Harness.Training.Steps;

/// <summary>One way of computing the loss and its gradient. The plain way is autograd's; a faster one must equal it.</summary>
internal interface IGradientEngine : IDisposable
{
    /// <summary>What computes, for records, for example <c>autograd</c>.</summary>
    string Name { get; }

    /// <summary>Adds <paramref name="share"/> times the gradient of the mean loss to the flat gradient.</summary>
    /// <param name="inputs_BT">Int64 on the device, contiguous.</param>
    /// <param name="targets_BT">Int64 on the device, contiguous.</param>
    /// <param name="share">This micro-batch's part of the batch, in (0, 1].</param>
    /// <returns>The micro-batch's mean loss, nats a token; may not be finite.</returns>
    double Accumulate(torch.Tensor inputs_BT, torch.Tensor targets_BT, double share);

    /// <summary>The mean loss alone, nats a token.</summary>
    double Evaluate(torch.Tensor inputs_BT, torch.Tensor targets_BT);
}
