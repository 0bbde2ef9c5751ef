using System.Runtime.InteropServices;
using Harness.DeviceTwin;
using Harness.Torch.Devices;
using static TorchSharp.torch;

namespace Harness.Torch.Tests.Devices;

/// <summary>What wraps NVIDIA's libraries, over a stand-in for them.</summary>
public sealed class DeviceLibraryTests : TensorTest
{
    [Fact]
    public void A_machine_without_a_driver_says_so_and_breaks_nothing()
    {
        if (CudaDriver.Default is null)
        {
            Assert.NotEqual("", CudaDriver.Missing);
            Assert.Null(DeviceMonitor.Open(0, out string reason));
            Assert.NotEqual("", reason);
        }

        Assert.Equal(KernelCompiler.Default is null, KernelCompiler.Missing.Length > 0);
        Assert.Equal(0, CudaStream.Handle(0));
        Assert.Throws<InvalidOperationException>(() => CudaStream.New(0));
        Assert.Throws<InvalidOperationException>(() => CudaEvent.Record(0));
        Assert.Throws<InvalidOperationException>(() => new CudaGraph());
        Assert.Null(CudaMemory.OnDevice(0));
        Assert.Null(CudaProperties.Of(0));
    }

    [Fact]
    public void The_driver_describes_its_device()
    {
        Assert.Equal(13000, Twin.Driver.Version);
        Assert.Equal("Host twin", Twin.Driver.NameOf(0));
        Assert.Equal(90, Twin.Driver.ComputeCapabilityOf(0));
        ExternalException error = Assert.Throws<ExternalException>(() => Twin.Driver.NameOf(5));
        Assert.Equal("cuDeviceGet: CUDA error: invalid device ordinal", error.Message);
    }

    [Fact]
    public void The_monitor_reads_power_energy_clocks_and_memory_and_leaves_out_what_the_device_does_not_give()
    {
        DeviceMonitor monitor = DeviceMonitor.At(Twin.Path, 0, Twin.Driver, out string reason)!;
        Assert.Equal("", reason);
        Assert.Equal(("Host twin", "GPU-twin", 700.0), (monitor.Name, monitor.Uuid, monitor.PowerLimitWatts));
        Assert.Equal(new DeviceReading(350.5, 1980, 2619, 1L << 30, 80L << 30, null), monitor.Read());
        double before = monitor.Joules()!.Value;
        Assert.Equal(0.25, monitor.Joules()!.Value - before, 1e-9);
    }

    [Fact]
    public void A_device_that_the_monitor_does_not_know_is_no_device()
    {
        Assert.Null(DeviceMonitor.At(Twin.Path, 3, null, out string reason));
        Assert.Equal("nvmlDeviceGetHandleByIndex: Not Found", reason);
        Assert.NotNull(DeviceMonitor.At(Twin.Path, 0, null, out _));
    }

    [Fact]
    public void Code_is_compiled_once_for_each_source_and_set_of_options_and_then_comes_from_the_disk()
    {
        string folder = Path.Combine(Twin.Folder, "cache-test");
        KernelCache cache = new(folder);
        KernelModule Load(string width) => KernelModule.Load(Twin.Driver, Twin.Compiler, cache, 0, "embedding", "WIDTH=" + width);
        int before = Twin.Compilations;
        Load("16").Dispose();
        Load("16").Dispose();
        Assert.Equal(before + 1, Twin.Compilations);
        Load("32").Dispose();
        Assert.Equal(before + 2, Twin.Compilations);

        // A file that was cut off or changed is compiled again, not loaded.
        foreach (string file in Directory.GetFiles(folder))
        {
            byte[] bytes = File.ReadAllBytes(file);
            bytes[^1] ^= 1;
            File.WriteAllBytes(file, bytes);
        }

        Load("16").Dispose();
        Assert.Equal(before + 3, Twin.Compilations);
        Assert.Equal(2, Directory.GetFiles(folder).Length);
    }

    [Fact]
    public void A_cache_that_can_not_be_written_costs_a_compilation_and_no_more()
    {
        string blocked = Path.Combine(Twin.Folder, "a-file");
        File.WriteAllText(blocked, "");
        KernelCache cache = new(Path.Combine(blocked, "below"));
        Assert.Equal([1, 2], cache.Get(KernelCache.KeyOf("a"), () => [1, 2]));
        Assert.NotEqual(KernelCache.KeyOf("ab", "c"), KernelCache.KeyOf("a", "bc"));
    }

    [Fact]
    public void What_does_not_compile_fails_with_the_compilers_words()
    {
        ExternalException error = Assert.Throws<ExternalException>(() => Twin.Load("add_norm", "WIDTH=no_such_thing", "RMS=0"));
        Assert.Contains("NVRTC_ERROR_COMPILATION", error.Message, StringComparison.Ordinal);
        Assert.Contains("no_such_thing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_launch_with_the_wrong_number_of_arguments_never_reaches_the_device()
    {
        using KernelModule module = Twin.Load("embedding", "WIDTH=16");
        int before = Twin.Launches;
        using var x = zeros(16);
        Assert.Throws<ArgumentException>(() => module["embedding_forward"].Launch(1, 32, x, x));
        Assert.Throws<ExternalException>(() => module["embedding_forward"].Launch(1, 33, x, x, null, x, 1)); // not whole warps
        Assert.Throws<KeyNotFoundException>(() => module["no_such_kernel"]);
        Assert.Equal(before, Twin.Launches);
    }
}
