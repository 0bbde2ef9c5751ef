using System.Diagnostics;
using Harness.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Measurement;

/// <summary>The device's measured speed at plain matrix products: what a utilisation is a share of. Measured once a device and thread count.</summary>
internal static class MatmulPeak
{
    private static readonly Dictionary<(string Device, int Threads, ScalarType Type), double> Measured = [];

    /// <summary>FLOP/s of the best of several products in the given type with the current number of threads.</summary>
    public static double FlopsPerSecond(Device device, ScalarType type)
    {
        var key = (device.ToString(), get_num_threads(), type);
        if (!Measured.TryGetValue(key, out var peak))
        {
            peak = device.type == DeviceType.CPU && type == ScalarType.Float32 ? TorchExtensions.MatmulGigaflops() * 1e9 : Measure(device, type);
            Measured.Add(key, peak);
        }

        return peak;
    }

    private static double Measure(Device device, ScalarType type)
    {
        var onCpu = device.type == DeviceType.CPU;
        var n = onCpu ? 512 : 4096;
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var a = ones(n, n, dtype: type, device: device);
        var b = ones(n, n, dtype: type, device: device);
        var best = double.PositiveInfinity;
        for (var i = 0; i < 8; i++)
        {
            Synchronize(device);
            var start = Stopwatch.GetTimestamp();
            using var c = a.matmul(b);
            Synchronize(device);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return 2.0 * n * n * n / best;
    }

    private static void Synchronize(Device device)
    {
        if (device.type == DeviceType.CUDA)
        {
            cuda.synchronize(device);
        }
    }
}
