using System.Globalization;
using System.Runtime.InteropServices;
using Harness.Cli.Hosting;
using Harness.Execution.Orchestration;
using Harness.Torch;
using Harness.Torch.Devices;

namespace Harness.Cli.Doctor;

/// <summary>Looks at every part that a sweep can need. Only the engine's own check loads libtorch.</summary>
internal static class Examination
{
    /// <summary>Below this, libtorch has found a BLAS without vector instructions: Debian's reference BLAS does 5 to 6 GFLOP/s.</summary>
    private const double SlowBlasGigaflops = 20;

    /// <summary>The findings, in the order in which they matter.</summary>
    public static IEnumerable<Finding> Of(string resultsFolder) =>
    [
        Finding.Good("runtime", $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription.Trim()}"),
        Processor(),
        .. Engine(),
        Devices(),
        .. Gpu(),
        Gnuplot(),
        Slurm(),
        Disk(resultsFolder),
    ];

    private static Finding Processor()
    {
        var memory = Preflight.AvailableMemory() is { } bytes ? $", {Gibibytes(bytes)} GiB of memory free" : "";
        return Finding.Good("processor", $"{Machine.Processor}, {Machine.VectorInstructions}, {Environment.ProcessorCount} threads{memory}");
    }

    private static IEnumerable<Finding> Engine()
    {
        // The launcher chooses, and says why; a program that was started without it is what it was built as.
        var reason = Environment.GetEnvironmentVariable("HARNESS_ENGINE_REASON") is { Length: > 0 } said ? said : "started without the launcher";
        if (EngineDescription.Read() is not { } engine)
        {
            return [Finding.Missing("engine", "not built yet; ./harness setup builds it (it needs g++ and a libtorch with headers)")];
        }

        try
        {
            var capabilities = TorchExtensions.Capabilities;
            var gigaflops = TorchExtensions.MatmulGigaflops();
            var speed = gigaflops.ToString("F0", CultureInfo.InvariantCulture);
            return
            [
                Finding.Good("engine", $"libtorch {capabilities.LibtorchVersion} from {engine.Libraries} ({engine.Provider}), {(engine.Provider == "TorchSharp" ? "TorchSharp's packages" : "own binding")}; {reason}"),
                gigaflops < SlowBlasGigaflops
                    ? Finding.Warn("BLAS", $"{speed} GFLOP/s in a 512^3 product on one thread; this is a BLAS without vector instructions. On Debian: apt-get install libopenblas0-openmp")
                    : Finding.Good("BLAS", $"{speed} GFLOP/s in a 512^3 product on one thread"),
            ];
        }
        catch (Exception e) when (e is ExternalException or DllNotFoundException or InvalidOperationException)
        {
            return [Finding.Missing("engine", $"built, and does not load: {e.Message.Split('\n')[0]} Run ./harness setup; if it persists, remove artifacts/native.")];
        }
    }

    private static Finding Devices()
    {
        var cards = Machine.CudaDeviceNames();
        var used = string.Join(", ", Machine.DefaultDevices());
        return cards.Count switch
        {
            0 => Finding.Good("devices", $"{used}; no NVIDIA driver answers"),
            _ when used == "cpu" => Finding.Warn("devices", $"{string.Join("; ", cards)}; but the engine's libtorch has no CUDA, so runs use the CPU. README, \"GPU\", says how to get one."),
            _ => Finding.Good("devices", $"{used}: {string.Join("; ", cards)}"),
        };
    }

    /// <summary>What a GPU's steps can use, part by part. Said with each: nobody has measured them on a GPU yet.</summary>
    private static IEnumerable<Finding> Gpu()
    {
        const string unmeasured = "(not measured on a GPU)";
        if (EngineDescription.Read() is not { Cuda: true } engine || Machine.DefaultDevices()[0] == "cpu")
        {
            return [Finding.Good("GPU", $"none in use; CUDA graphs, run-time compiled kernels, bf16, attention choice, energy {unmeasured}: their CPU twins are tested")];
        }

        var monitor = DeviceMonitor.Open(0, out var noMonitor);
        return
        [
            engine.CudaLibrary
                ? Finding.Good("graphs", $"CUDA graphs, streams, allocator figures {unmeasured}")
                : Finding.Warn("graphs", $"none, so that every step is driven by the host: {engine.CudaReason}"),
            KernelCompiler.Default is { } compiler && CudaDriver.Default is not null
                ? Finding.Good("kernels", $"compiled by NVRTC {compiler.Version} {unmeasured}")
                : Finding.Warn("kernels", $"none, so that steps run under autograd: {(CudaDriver.Default is null ? CudaDriver.Missing : KernelCompiler.Missing)}"),
            monitor is not null
                ? Finding.Good("energy", $"{monitor.Name}, {(monitor.Joules() is null ? "no energy counter" : "energy counter")}, limit {monitor.PowerLimitWatts?.ToString("F0", CultureInfo.InvariantCulture) ?? "unknown"} W {unmeasured}")
                : Finding.Warn("energy", $"not known: {noMonitor}"),
        ];
    }

    private static Finding Gnuplot() => Tool.FirstLine("gnuplot", "--version") is { } version
        ? Finding.Good("plots", version)
        : Finding.Missing("plots", "gnuplot is not on PATH; without it reports have no static plots. On Debian: apt-get install gnuplot-nox");

    private static Finding Slurm() => Finding.Good("Slurm", Tool.FirstLine("sbatch", "--version") ?? "none here; sweeps run on this machine");

    private static Finding Disk(string resultsFolder)
    {
        var folder = Path.GetFullPath(resultsFolder);
        while (!Directory.Exists(folder))
        {
            folder = Path.GetDirectoryName(folder) ?? "/";
        }

        var free = new DriveInfo(folder).AvailableFreeSpace;
        var text = $"{Gibibytes(free)} GiB free for {resultsFolder}/";
        return free < 1L << 30 ? Finding.Warn("disk", text + "; checkpoints of a sweep may not fit, harness plan says how much they take") : Finding.Good("disk", text);
    }

    private static string Gibibytes(long bytes) => (bytes / 1073741824.0).ToString("F1", CultureInfo.InvariantCulture);
}
