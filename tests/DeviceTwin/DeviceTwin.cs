using System.Diagnostics;
using System.Runtime.InteropServices;
using Harness.Torch.Devices;

namespace Harness.DeviceTwin;

/// <summary>
/// A device that is this machine's CPU: nvidia_twin.cpp in the place of NVIDIA's libraries, compiled once a test process. Kernels run as they would on a GPU, thread by
/// thread, over tensors in the host's memory.
/// </summary>
internal static class Twin
{
    private static readonly Lazy<string> Library = new(Build);

    public static string Path => Library.Value;

    public static CudaDriver Driver { get; } = CudaDriver.At(Path);

    public static KernelCompiler Compiler { get; } = KernelCompiler.At(Path);

    public static KernelCache Cache { get; } = new(System.IO.Path.Combine(Folder, "kernels"));

    public static string Folder => System.IO.Path.GetDirectoryName(Library.Value)!;

    public static int Launches => Count("twin_launches");

    public static int Compilations => Count("twin_compilations");

    public static KernelModule Load(string source, params string[] constants) => KernelModule.Load(Driver, Compiler, Cache, 0, source, constants);

    /// <summary>Opens something whose device has no <c>energy</c> counter or no <c>power</c> readings.</summary>
    public static T Open<T>(bool energy, bool power, Func<T> open)
    {
        Lack((energy ? 0 : 1) | (power ? 0 : 2));
        try
        {
            return open();
        }
        finally
        {
            Lack(0);
        }
    }

    private static unsafe void Lack(int what) => ((delegate* unmanaged<int, void>)NativeLibrary.GetExport(NativeLibrary.Load(Path), "twin_lack"))(what);

    private static unsafe int Count(string function) => ((delegate* unmanaged<int>)NativeLibrary.GetExport(NativeLibrary.Load(Path), function))();

    private static string Build()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(root.FullName, "Harness.sln")))
        {
            root = root.Parent!;
        }

        var sources = System.IO.Path.Combine(root.FullName, "tests", "DeviceTwin");
        var folder = Directory.CreateTempSubdirectory("harness-twin-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        SetNative("HARNESS_TWIN_FOLDER", folder);
        var library = System.IO.Path.Combine(folder, "libnvidia_twin.so");
        using var process = Process.Start(new ProcessStartInfo(
            "g++",
            ["-shared", "-fPIC", "-O1", "-std=c++17", $"-DHOST_DEVICE_HEADER=\"{sources}/host_device.h\"", System.IO.Path.Combine(sources, "nvidia_twin.cpp"), "-o", library, "-ldl"])
        { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? library : throw new InvalidOperationException(errors);
    }

    /// <summary>.NET's own way doesn't reach native getenv.</summary>
    private static unsafe void SetNative(string name, string value)
    {
        var setenv = (delegate* unmanaged<byte*, byte*, int, int>)NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "setenv");
        fixed (byte* n = System.Text.Encoding.UTF8.GetBytes(name + "\0"))
        fixed (byte* v = System.Text.Encoding.UTF8.GetBytes(value + "\0"))
        {
            _ = setenv(n, v, 1);
        }
    }
}
