using Harness.Torch.Devices;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Measurement;

/// <summary>
/// Joules that a device uses. A GPU's by its own counter (NVML), or where the driver has none by adding up its readings of power; a CPU's by the processor packages' counters. One meter a
/// device for the process's life: runs that train at the same time share it.
/// </summary>
internal static class DeviceEnergy
{
    /// <summary>Between two readings of power: a long step must not be one sample.</summary>
    private static readonly TimeSpan PowerEvery = TimeSpan.FromMilliseconds(100);

    private static readonly Dictionary<string, SharedEnergy?> Meters = new(StringComparer.Ordinal);
    private static readonly Lock Gate = new();

    /// <summary>Begins to count for one run; null where the device has nothing that may be read.</summary>
    public static EnergyShare? Start(Device device)
    {
        var name = device.type == DeviceType.CUDA ? device.ToString() : "cpu";
        lock (Gate)
        {
            if (!Meters.TryGetValue(name, out var meter) || meter is { IsReadable: false })
            {
                var total = device.type == DeviceType.CUDA
                    ? DeviceMonitor.Open(device.index, out _) is { } monitor ? Of(monitor, TimeProvider.System) : null
                    : EnergyMeter.Start() is { } processor ? processor.Joules : null;
                Meters[name] = meter = total is null ? null : new SharedEnergy(total); // a new one where the last could not be read once
            }

            return meter?.Join();
        }
    }

    /// <summary>Joules of a GPU since some moment: its counter's, else those of its readings of power, which go on for the process's life; null where it has neither.</summary>
    internal static Func<double?>? Of(DeviceMonitor monitor, TimeProvider time)
    {
        if (monitor.Joules() is not null)
        {
            return monitor.Joules;
        }

        return monitor.Read().Watts is null ? null : new PowerIntegral(() => monitor.Read().Watts, time, PowerEvery).Joules;
    }
}
