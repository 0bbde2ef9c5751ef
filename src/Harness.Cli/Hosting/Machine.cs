using System.Globalization;
using Harness.Torch;

namespace Harness.Cli.Hosting;

/// <summary>What this machine offers a sweep, found without loading libtorch.</summary>
internal static class Machine
{
    /// <summary>The processor's name, or its architecture where the kernel doesn't tell.</summary>
    public static string Processor => ProcLine("/proc/cpuinfo", "model name")
        ?? System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();

    /// <summary>The processor's vector instructions, widest first, as far as the kernel tells.</summary>
    public static string VectorInstructions
    {
        get
        {
            var flags = ProcLine("/proc/cpuinfo", "flags")?.Split(' ') ?? [];
            return flags.Contains("avx512f") ? "AVX-512" : flags.Contains("avx2") ? "AVX2" : "no AVX2";
        }
    }

    /// <summary>
    /// The devices a sweep uses when the user names none: every CUDA device where the built engine can use one, else the CPU.
    /// CUDA_VISIBLE_DEVICES is honoured, since device numbers count within it.
    /// </summary>
    public static IReadOnlyList<string> DefaultDevices()
    {
        if (EngineDescription.Read() is not { Cuda: true })
        {
            return ["cpu"];
        }

        var visible = Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES");
        var count = visible is null ? CudaDeviceNames().Count : visible.Split(',', StringSplitOptions.RemoveEmptyEntries).Length;
        return count == 0 ? ["cpu"] : [.. Enumerable.Range(0, count).Select(i => $"cuda:{i.ToString(CultureInfo.InvariantCulture)}")];
    }

    /// <summary>Names of the NVIDIA devices that the driver lists, in its order; empty without a driver.</summary>
    public static IReadOnlyList<string> CudaDeviceNames() =>
        Tool.Output("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader")
            ?.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>Free bytes of a CUDA device's memory as the driver tells, or null where it doesn't.</summary>
    /// <param name="device"><c>cuda:K</c>; K counts within CUDA_VISIBLE_DEVICES, and a mapping by name is not followed.</param>
    public static long? FreeDeviceBytes(string device)
    {
        var visible = Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES")?.Split(',', StringSplitOptions.TrimEntries);
        var index = int.Parse(device.AsSpan(device.IndexOf(':', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture);
        var physical = visible is null ? index.ToString(CultureInfo.InvariantCulture) : index < visible.Length ? visible[index] : null;
        return physical is not null && Tool.FirstLine("nvidia-smi", $"--id={physical}", "--query-gpu=memory.free", "--format=csv,noheader,nounits") is { } mebibytes
            && long.TryParse(mebibytes, CultureInfo.InvariantCulture, out var free)
            ? free << 20
            : null;
    }

    private static string? ProcLine(string file, string key)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        var line = File.ReadLines(file).FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
