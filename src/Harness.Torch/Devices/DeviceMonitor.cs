using System.Globalization;
using System.Runtime.InteropServices;

namespace Harness.Torch.Devices;

/// <summary>A look at a GPU through NVML, the driver's management library. A figure that the device doesn't give is null.</summary>
/// <param name="Watts">Power drawn now.</param>
/// <param name="CoreMegahertz">Clock of the multiprocessors now.</param>
/// <param name="MemoryMegahertz">Clock of the memory now.</param>
/// <param name="UsedBytes">Memory in use by all processes.</param>
/// <param name="TotalBytes">Memory of the device.</param>
/// <param name="Celsius">Temperature.</param>
public sealed record DeviceReading(double? Watts, int? CoreMegahertz, int? MemoryMegahertz, long? UsedBytes, long? TotalBytes, int? Celsius);

/// <summary>One GPU as NVML sees it: names, power, energy, clocks, memory. Only reads; changes no setting.</summary>
public sealed unsafe class DeviceMonitor
{
    private readonly Library _library;
    private readonly nint _device;

    private DeviceMonitor(Library library, nint device) => (_library, _device) = (library, device);

    /// <summary>The monitor of a CUDA device, or null where NVML or the device can't be had; <paramref name="reason"/> then says why.</summary>
    /// <param name="device">Number of the device as CUDA counts, within CUDA_VISIBLE_DEVICES.</param>
    /// <param name="reason">Empty on success.</param>
    public static DeviceMonitor? Open(int device, out string reason)
    {
        nint handle = NvidiaLibrary.Open(["libnvidia-ml.so.1"], out reason);
        return handle == 0 ? null : Open(handle, device, CudaDriver.Default, out reason);
    }

    internal static DeviceMonitor? At(string path, int device, CudaDriver? driver, out string reason) => Open(NativeLibrary.Load(path), device, driver, out reason);

    private static DeviceMonitor? Open(nint handle, int device, CudaDriver? driver, out string reason)
    {
        try
        {
            Library library = new(handle);
            reason = "";
            return new DeviceMonitor(library, library.Find(device, driver));
        }
        catch (Exception e) when (e is ExternalException or EntryPointNotFoundException)
        {
            reason = e.Message;
            return null;
        }
    }

    /// <summary>The device's name.</summary>
    public string? Name => Library.Text(_library.Name, _device);

    /// <summary>The device's identity, which no renumbering changes: <c>GPU-...</c>.</summary>
    public string? Uuid => Library.Text(_library.Uuid, _device);

    /// <summary>The power that the device may draw, watts; null where it doesn't say.</summary>
    public double? PowerLimitWatts => Library.Unsigned(_library.PowerLimit, _device) / 1000.0;

    /// <summary>Joules since the driver was loaded, by the device's own counter (Volta and later); null where there is none.</summary>
    public double? Joules()
    {
        ulong millijoules;
        return _library.Energy is not null && _library.Energy(_device, &millijoules) == 0 ? millijoules / 1000.0 : null;
    }

    /// <summary>All figures of this moment.</summary>
    public DeviceReading Read()
    {
        const int coreClock = 1, memoryClock = 2, core = 0; // NVML_CLOCK_SM, NVML_CLOCK_MEM, NVML_TEMPERATURE_GPU
        ulong* memory = stackalloc ulong[3]; // nvmlMemory_t: total, free, used
        bool known = _library.Memory(_device, memory) == 0;
        return new DeviceReading(
            Library.Unsigned(_library.Power, _device) / 1000.0,
            Library.Unsigned(_library.Clock, _device, coreClock),
            Library.Unsigned(_library.Clock, _device, memoryClock),
            known ? (long)memory[2] : null,
            known ? (long)memory[0] : null,
            Library.Unsigned(_library.Temperature, _device, core));
    }

    private sealed class Library
    {
        private readonly delegate* unmanaged<uint, nint*, int> _byIndex;
        private readonly delegate* unmanaged<byte*, nint*, int> _byUuid;
        private readonly delegate* unmanaged<byte*, nint*, int> _byBusId;
        private readonly delegate* unmanaged<int, byte*> _errorText;

        public readonly delegate* unmanaged<nint, byte*, uint, int> Name;
        public readonly delegate* unmanaged<nint, byte*, uint, int> Uuid;
        public readonly delegate* unmanaged<nint, uint*, int> Power;
        public readonly delegate* unmanaged<nint, uint*, int> PowerLimit;
        public readonly delegate* unmanaged<nint, ulong*, int> Energy;
        public readonly delegate* unmanaged<nint, int, uint*, int> Clock;
        public readonly delegate* unmanaged<nint, int, uint*, int> Temperature;
        public readonly delegate* unmanaged<nint, ulong*, int> Memory;

        public Library(nint handle)
        {
            _byIndex = (delegate* unmanaged<uint, nint*, int>)NvidiaLibrary.Function(handle, "nvmlDeviceGetHandleByIndex_v2");
            _byUuid = (delegate* unmanaged<byte*, nint*, int>)NvidiaLibrary.Function(handle, "nvmlDeviceGetHandleByUUID");
            _byBusId = (delegate* unmanaged<byte*, nint*, int>)NvidiaLibrary.Function(handle, "nvmlDeviceGetHandleByPciBusId_v2");
            _errorText = (delegate* unmanaged<int, byte*>)NvidiaLibrary.Function(handle, "nvmlErrorString");
            Name = (delegate* unmanaged<nint, byte*, uint, int>)NvidiaLibrary.Function(handle, "nvmlDeviceGetName");
            Uuid = (delegate* unmanaged<nint, byte*, uint, int>)NvidiaLibrary.Function(handle, "nvmlDeviceGetUUID");
            Power = (delegate* unmanaged<nint, uint*, int>)NvidiaLibrary.Function(handle, "nvmlDeviceGetPowerUsage");
            PowerLimit = (delegate* unmanaged<nint, uint*, int>)NvidiaLibrary.Function(handle, "nvmlDeviceGetEnforcedPowerLimit");
            Energy = (delegate* unmanaged<nint, ulong*, int>)NvidiaLibrary.Optional(handle, "nvmlDeviceGetTotalEnergyConsumption");
            Clock = (delegate* unmanaged<nint, int, uint*, int>)NvidiaLibrary.Function(handle, "nvmlDeviceGetClockInfo");
            Temperature = (delegate* unmanaged<nint, int, uint*, int>)NvidiaLibrary.Function(handle, "nvmlDeviceGetTemperature");
            Memory = (delegate* unmanaged<nint, ulong*, int>)NvidiaLibrary.Function(handle, "nvmlDeviceGetMemoryInfo");
            Check(((delegate* unmanaged<int>)NvidiaLibrary.Function(handle, "nvmlInit_v2"))(), "nvmlInit"); // reference-counted; the process's end shuts it down
        }

        /// <summary>By the place on the bus that CUDA tells; without CUDA by what CUDA_VISIBLE_DEVICES says.</summary>
        public nint Find(int device, CudaDriver? driver)
        {
            nint found;
            if (driver is not null)
            {
                fixed (byte* place = NvidiaLibrary.Zeroed(driver.BusIdOf(device)))
                {
                    Check(_byBusId(place, &found), "nvmlDeviceGetHandleByPciBusId");
                }

                return found;
            }

            string[]? visible = Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES")?.Split(',', StringSplitOptions.TrimEntries);
            string name = visible is null ? device.ToString(CultureInfo.InvariantCulture) : device < visible.Length ? visible[device] : "";
            if (uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out uint index))
            {
                Check(_byIndex(index, &found), "nvmlDeviceGetHandleByIndex");
                return found;
            }

            fixed (byte* uuid = NvidiaLibrary.Zeroed(name))
            {
                Check(_byUuid(uuid, &found), "nvmlDeviceGetHandleByUUID");
            }

            return found;
        }

        public static string? Text(delegate* unmanaged<nint, byte*, uint, int> ask, nint device)
        {
            byte* text = stackalloc byte[128];
            return ask(device, text, 128) == 0 ? NvidiaLibrary.Text(new ReadOnlySpan<byte>(text, 128)) : null;
        }

        public static int? Unsigned(delegate* unmanaged<nint, uint*, int> ask, nint device)
        {
            uint value;
            return ask(device, &value) == 0 ? (int)value : null;
        }

        public static int? Unsigned(delegate* unmanaged<nint, int, uint*, int> ask, nint device, int which)
        {
            uint value;
            return ask(device, which, &value) == 0 ? (int)value : null;
        }

        private void Check(int error, string what)
        {
            if (error != 0)
            {
                NvidiaLibrary.Fail(what, NvidiaLibrary.Text(_errorText(error)));
            }
        }
    }
}
