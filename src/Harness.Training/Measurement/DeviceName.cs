using System.Runtime.InteropServices;
using Harness.Torch.Devices;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Measurement;

/// <summary>What the driver calls a device.</summary>
internal static class DeviceName
{
    /// <summary>For example <c>NVIDIA H100 80GB HBM3</c>; null for the CPU, and where the driver doesn't say.</summary>
    public static string? Of(Device device)
    {
        try
        {
            return device.type == DeviceType.CUDA ? CudaDriver.Default?.NameOf(device.index) : null;
        }
        catch (ExternalException)
        {
            return null;
        }
    }
}
