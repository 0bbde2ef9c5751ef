using System.Globalization;
using System.Text.RegularExpressions;

namespace Harness.Torch.Devices;

/// <summary>The kernels of one source file (kernels/*.cu, a resource of this assembly), compiled for one device and one set of constants.</summary>
public sealed partial class KernelModule : IDisposable
{
    private readonly CudaDriver _driver;
    private readonly int _device;
    private readonly Dictionary<string, int> _parameters;
    private readonly Dictionary<string, DeviceKernel> _kernels = new(StringComparer.Ordinal);
    private nint _module;

    private KernelModule(CudaDriver driver, int device, nint module, Dictionary<string, int> parameters) =>
        (_driver, _device, _module, _parameters) = (driver, device, module, parameters);

    /// <summary>A kernel by name.</summary>
    /// <exception cref="KeyNotFoundException">The source has none of that name.</exception>
    public DeviceKernel this[string name]
    {
        get
        {
            ObjectDisposedException.ThrowIf(_module == 0, this);
            if (!_kernels.TryGetValue(name, out DeviceKernel? kernel))
            {
                int parameters = _parameters[name];
                _kernels.Add(name, kernel = new DeviceKernel(_driver, _driver.Function(_module, name), _device, name, parameters));
            }

            return kernel;
        }
    }

    /// <summary>Compiles a source, or takes it from the cache, and loads it onto a device.</summary>
    /// <param name="driver">Runs it.</param>
    /// <param name="compiler">Compiles it.</param>
    /// <param name="cache">Keeps it.</param>
    /// <param name="device">Number of the GPU.</param>
    /// <param name="source">Name of a resource, for example <c>add_norm</c>.</param>
    /// <param name="constants">Preprocessor constants, for example <c>WIDTH=768</c>.</param>
    /// <exception cref="System.Runtime.InteropServices.ExternalException">It doesn't compile, or the device refuses it; why is in the message.</exception>
    public static KernelModule Load(CudaDriver driver, KernelCompiler compiler, KernelCache cache, int device, string source, params IReadOnlyList<string> constants)
    {
        ArgumentNullException.ThrowIfNull(driver);
        ArgumentNullException.ThrowIfNull(compiler);
        ArgumentNullException.ThrowIfNull(cache);
        string text = Resource("device.cuh") + "\n#line 1 \"" + source + ".cu\"\n" + Resource(source + ".cu");
        string architecture = string.Create(CultureInfo.InvariantCulture, $"--gpu-architecture=sm_{driver.ComputeCapabilityOf(device)}");
        string[] options = [architecture, "--std=c++17", .. constants.Select(c => "-D" + c)];
        // The number format and divisions stay IEEE's: no --use_fast_math.
        string key = KernelCache.KeyOf([text, .. options, compiler.Version]);
        byte[] code = cache.Get(key, () => compiler.Compile(source + ".cu", text, options));
        driver.Enter(device);
        return new KernelModule(driver, device, driver.Load(code), ParametersIn(text));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        nint left = Interlocked.Exchange(ref _module, 0);
        if (left != 0)
        {
            _driver.Unload(left);
        }
    }

    /// <summary>How many parameters each kernel declares, read off its source: a launch with another number would read past the arguments.</summary>
    private static Dictionary<string, int> ParametersIn(string text) => Declaration().Matches(text)
        .ToDictionary(m => m.Groups["name"].Value, m => m.Groups["parameters"].Value.Count(c => c == ',') + 1, StringComparer.Ordinal);

    internal static string Resource(string name)
    {
        using Stream stream = typeof(KernelModule).Assembly.GetManifestResourceStream("kernels/" + name)
            ?? throw new ArgumentException($"There is no kernel source '{name}' in this assembly.", nameof(name));
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"KERNEL\((?<name>\w+)\)\s*\((?<parameters>[^)]*)\)\s*\{")]
    private static partial Regex Declaration();
}
