using Harness.Torch.Devices;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Measurement;

/// <summary>Joules that a device uses: a GPU's by its own counter (NVML), a CPU's by the processor packages'.</summary>
internal static class DeviceEnergy
{
    /// <summary>Starts a meter.</summary>
    /// <returns>Joules since the start, null once they can't be read any more; or null where the device has no counter that may be read.</returns>
    public static Func<double?>? Start(Device device)
    {
        if (device.type != DeviceType.CUDA)
        {
            return EnergyMeter.Start() is { } processor ? processor.Joules : null;
        }

        var monitor = DeviceMonitor.Open(device.index, out _);
        return monitor?.Joules() is { } before ? () => monitor.Joules() - before : null;
    }
}
