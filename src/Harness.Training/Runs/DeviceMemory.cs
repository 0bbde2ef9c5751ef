using Harness.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Runs;

/// <summary>The largest memory of a run: on a GPU what libtorch's allocator took from the device, on a CPU the process's.</summary>
internal static class DeviceMemory
{
    /// <summary>Bytes since the last reset, or null where they can't be had.</summary>
    public static long? Peak(Device device) =>
        device.type == DeviceType.CUDA ? TorchExtensions.PeakDeviceBytes(device.index) : TorchExtensions.PeakMemoryBytes();

    /// <summary>Starts a new peak.</summary>
    public static void ResetPeak(Device device)
    {
        if (device.type == DeviceType.CUDA)
        {
            TorchExtensions.ResetPeakDeviceBytes(device.index);
        }
        else
        {
            TorchExtensions.ResetPeakMemory();
        }
    }
}
