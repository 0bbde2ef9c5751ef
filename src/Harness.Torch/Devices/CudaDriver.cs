using System.Runtime.InteropServices;

namespace Harness.Torch.Devices;

/// <summary>The few functions of CUDA's driver that run kernels compiled here (CUDA Driver API, "Module Management" and "Execution Control").</summary>
/// <remarks>libtorch works in each device's primary context; so does this.</remarks>
public sealed unsafe class CudaDriver
{
    private static readonly Lazy<(CudaDriver? Driver, string Reason)> Installed = new(() =>
    {
        nint library = NvidiaLibrary.Open(["libcuda.so.1"], out string reason);
        return library == 0 ? (null, reason) : Try(library);
    });

    private readonly delegate* unmanaged<uint, int> _init;
    private readonly delegate* unmanaged<int*, int> _version;
    private readonly delegate* unmanaged<int*, int, int> _deviceGet;
    private readonly delegate* unmanaged<byte*, int, int, int> _busId;
    private readonly delegate* unmanaged<byte*, int, int, int> _name;
    private readonly delegate* unmanaged<int*, int, int, int> _attribute;
    private readonly delegate* unmanaged<nint*, int> _currentContext;
    private readonly delegate* unmanaged<int*, int> _contextDevice;
    private readonly delegate* unmanaged<nint, int> _setContext;
    private readonly delegate* unmanaged<nint*, int, int> _retainContext;
    private readonly delegate* unmanaged<nint*, void*, int> _load;
    private readonly delegate* unmanaged<nint, int> _unload;
    private readonly delegate* unmanaged<nint*, nint, byte*, int> _function;
    private readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> _launch;
    private readonly delegate* unmanaged<int, byte**, int> _errorText;

    private CudaDriver(nint library)
    {
        _init = (delegate* unmanaged<uint, int>)NvidiaLibrary.Function(library, "cuInit");
        _version = (delegate* unmanaged<int*, int>)NvidiaLibrary.Function(library, "cuDriverGetVersion");
        _deviceGet = (delegate* unmanaged<int*, int, int>)NvidiaLibrary.Function(library, "cuDeviceGet");
        _busId = (delegate* unmanaged<byte*, int, int, int>)NvidiaLibrary.Function(library, "cuDeviceGetPCIBusId");
        _name = (delegate* unmanaged<byte*, int, int, int>)NvidiaLibrary.Function(library, "cuDeviceGetName");
        _attribute = (delegate* unmanaged<int*, int, int, int>)NvidiaLibrary.Function(library, "cuDeviceGetAttribute");
        _currentContext = (delegate* unmanaged<nint*, int>)NvidiaLibrary.Function(library, "cuCtxGetCurrent");
        _contextDevice = (delegate* unmanaged<int*, int>)NvidiaLibrary.Function(library, "cuCtxGetDevice");
        _setContext = (delegate* unmanaged<nint, int>)NvidiaLibrary.Function(library, "cuCtxSetCurrent");
        _retainContext = (delegate* unmanaged<nint*, int, int>)NvidiaLibrary.Function(library, "cuDevicePrimaryCtxRetain");
        _load = (delegate* unmanaged<nint*, void*, int>)NvidiaLibrary.Function(library, "cuModuleLoadData");
        _unload = (delegate* unmanaged<nint, int>)NvidiaLibrary.Function(library, "cuModuleUnload");
        _function = (delegate* unmanaged<nint*, nint, byte*, int>)NvidiaLibrary.Function(library, "cuModuleGetFunction");
        _launch = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)NvidiaLibrary.Function(library, "cuLaunchKernel");
        _errorText = (delegate* unmanaged<int, byte**, int>)NvidiaLibrary.Function(library, "cuGetErrorString");
        Check(_init(0), "cuInit");
        int version;
        Check(_version(&version), "cuDriverGetVersion");
        Version = version;
    }

    /// <summary>The driver of this machine, or null where there is none that answers; <see cref="Missing"/> then says why.</summary>
    public static CudaDriver? Default => Installed.Value.Driver;

    /// <summary>Why <see cref="Default"/> is null; empty where it isn't.</summary>
    public static string Missing => Installed.Value.Reason;

    /// <summary>The newest CUDA that the driver knows: 13000 for 13.0.</summary>
    public int Version { get; }

    /// <summary>A driver at a path; for tests, which have one that computes on the CPU.</summary>
    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    /// <exception cref="ExternalException">It doesn't answer.</exception>
    internal static CudaDriver At(string path) => new(NativeLibrary.Load(path));

    /// <summary>A device's name, for example <c>NVIDIA H100 80GB HBM3</c>.</summary>
    public string NameOf(int device)
    {
        byte* text = stackalloc byte[256];
        Check(_name(text, 256, Device(device)), "cuDeviceGetName");
        return NvidiaLibrary.Text(new ReadOnlySpan<byte>(text, 256));
    }

    /// <summary>Where a device sits, for example <c>0000:1B:00.0</c>: the same whatever CUDA_VISIBLE_DEVICES says.</summary>
    public string BusIdOf(int device)
    {
        byte* text = stackalloc byte[64];
        Check(_busId(text, 64, Device(device)), "cuDeviceGetPCIBusId");
        return NvidiaLibrary.Text(new ReadOnlySpan<byte>(text, 64));
    }

    /// <summary>Major times 10 plus minor of a device's compute capability: 90 for an H100.</summary>
    public int ComputeCapabilityOf(int device)
    {
        const int major = 75, minor = 76; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR
        return 10 * Attribute(major, device) + Attribute(minor, device);
    }

    /// <summary>Streaming multiprocessors of a device.</summary>
    public int MultiprocessorsOf(int device) => Attribute(16, device); // CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT

    /// <summary>Makes sure that this thread has a context: libtorch's own where it works on the device already.</summary>
    public void Enter(int device)
    {
        nint context;
        int here = -1, wanted = Device(device);
        Check(_currentContext(&context), "cuCtxGetCurrent");
        if (context != 0)
        {
            Check(_contextDevice(&here), "cuCtxGetDevice");
        }

        if (here != wanted)
        {
            Check(_retainContext(&context, wanted), "cuDevicePrimaryCtxRetain");
            Check(_setContext(context), "cuCtxSetCurrent");
        }
    }

    /// <summary>Loads a cubin or PTX into this thread's context.</summary>
    internal nint Load(ReadOnlySpan<byte> image)
    {
        byte[] terminated = [.. image, 0]; // PTX is text
        nint module;
        fixed (byte* p = terminated)
        {
            Check(_load(&module, p), "cuModuleLoadData");
        }

        return module;
    }

    internal void Unload(nint module) => _ = _unload(module); // at the process's end the context may be gone already

    internal nint Function(nint module, string name)
    {
        nint function;
        fixed (byte* p = NvidiaLibrary.Zeroed(name))
        {
            Check(_function(&function, module, p), $"cuModuleGetFunction({name})");
        }

        return function;
    }

    internal void Launch(nint function, uint gridX, uint gridY, uint block, nint stream, void** arguments) =>
        Check(_launch(function, gridX, gridY, 1, block, 1, 1, 0, stream, arguments, null), "cuLaunchKernel");

    private static (CudaDriver? Driver, string Reason) Try(nint library)
    {
        try
        {
            return (new CudaDriver(library), "");
        }
        catch (Exception e) when (e is ExternalException or EntryPointNotFoundException)
        {
            return (null, e.Message);
        }
    }

    private int Device(int ordinal)
    {
        int device;
        Check(_deviceGet(&device, ordinal), "cuDeviceGet");
        return device;
    }

    private int Attribute(int attribute, int device)
    {
        int value;
        Check(_attribute(&value, attribute, Device(device)), "cuDeviceGetAttribute");
        return value;
    }

    private void Check(int error, string what)
    {
        if (error != 0)
        {
            byte* text = null;
            _ = _errorText(error, &text);
            NvidiaLibrary.Fail(what, text is null ? $"CUDA error {error}" : $"CUDA error: {NvidiaLibrary.Text(text)}");
        }
    }
}
