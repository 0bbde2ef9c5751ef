using TorchSharp;

namespace Harness.Training.Steps;

/// <summary>Held-out losses where the host must not wait for the device between two batches: sums stay there until somebody reads them.</summary>
internal interface IDeviceScore : IDisposable
{
    /// <summary>Models, S; all see the same windows.</summary>
    int Members { get; }

    /// <summary>Windows at once, at least 1.</summary>
    int Rows { get; }

    /// <summary>Where the sums are.</summary>
    torch.Device Device { get; }

    /// <summary>Adds, for each model, the sum over windows of their mean losses, nats a token.</summary>
    /// <param name="inputs_BT">Int64 on the device, at most <see cref="Rows"/> windows.</param>
    /// <param name="targets_BT">Int64 on the device.</param>
    /// <param name="sums_S">fp64 on the device.</param>
    void Add(torch.Tensor inputs_BT, torch.Tensor targets_BT, torch.Tensor sums_S);
}
