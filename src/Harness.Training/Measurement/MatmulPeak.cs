using System.Diagnostics;
using Harness.Core.Training;
using Harness.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Measurement;

/// <summary>The device's measured speed at plain matrix products: what a utilisation is a share of. Measured once a device and thread count, by whoever asks first.</summary>
internal static class MatmulPeak
{
    /// <summary>Products between two waits for a GPU, so that the wait itself doesn't count: one takes 0.2 ms there.</summary>
    private const int GpuProducts = 10;

    private static readonly Dictionary<(string Device, int Threads, ScalarType Type), double> Measured = [];
    private static readonly Lock Gate = new();

    /// <summary>FLOP/s of the best of several products in the given type with the current number of threads.</summary>
    public static double FlopsPerSecond(Device device, ScalarType type)
    {
        var key = (device.ToString(), get_num_threads(), type);
        lock (Gate)
        {
            if (!Measured.TryGetValue(key, out var peak))
            {
                peak = device.type == DeviceType.CPU && type == ScalarType.Float32 ? TorchExtensions.MatmulGigaflops() * 1e9 : Measure(device, type);
                Measured.Add(key, peak);
            }

            return peak;
        }
    }

    /// <summary>The type of a number format's products.</summary>
    public static ScalarType TypeOf(Precision precision) => precision == Precision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32;

    private static double Measure(Device device, ScalarType type)
    {
        var onCpu = device.type == DeviceType.CPU;
        var (n, products) = onCpu ? (512, 1) : (4096, GpuProducts);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var a = ones(n, n, dtype: type, device: device);
        var b = ones(n, n, dtype: type, device: device);
        var best = double.PositiveInfinity;
        for (var i = 0; i < 8; i++)
        {
            Synchronize(device);
            var start = Stopwatch.GetTimestamp();
            for (var j = 0; j < products; j++)
            {
                a.matmul(b).Dispose();
            }

            Synchronize(device);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds / products);
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
