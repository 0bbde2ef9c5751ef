using TorchSharp;

namespace Harness.Torch.Devices;

/// <summary>One argument of a kernel: a tensor's address, a count or a number, as the eight bytes that the driver copies from (as many as the kernel declares).</summary>
public readonly record struct KernelArgument
{
    private readonly long _bits;

    private KernelArgument(long bits) => _bits = bits;

    /// <summary>The address of a tensor's first element; 0 for null.</summary>
    public static implicit operator KernelArgument(torch.Tensor? tensor) => new(tensor is null ? 0 : TorchExtensions.Address(tensor));

    /// <summary>A 32-bit count.</summary>
    public static implicit operator KernelArgument(int value) => new((uint)value);

    /// <summary>A 64-bit count.</summary>
    public static implicit operator KernelArgument(long value) => new(value);

    /// <summary>A single-precision number.</summary>
    public static implicit operator KernelArgument(float value) => new((uint)BitConverter.SingleToInt32Bits(value));

    /// <summary>The address of a tensor's first element; 0 for null.</summary>
    public static KernelArgument FromTensor(torch.Tensor? tensor) => tensor;

    /// <summary>A 32-bit count.</summary>
    public static KernelArgument FromInt32(int value) => value;

    /// <summary>A 64-bit count.</summary>
    public static KernelArgument FromInt64(long value) => value;

    /// <summary>A single-precision number.</summary>
    public static KernelArgument FromSingle(float value) => value;
}

/// <summary>One function of a <see cref="KernelModule"/>.</summary>
public sealed unsafe class DeviceKernel
{
    private readonly CudaDriver _driver;
    private readonly nint _function;
    private readonly int _device;
    private readonly int _parameters;
    private readonly string _name;

    internal DeviceKernel(CudaDriver driver, nint function, int device, string name, int parameters) =>
        (_driver, _function, _device, _name, _parameters) = (driver, function, device, name, parameters);

    /// <summary>Launches the kernel on this thread's stream of the device; returns before it has run.</summary>
    /// <param name="blocks">Blocks, at least 1.</param>
    /// <param name="threads">Threads a block, at most 1024.</param>
    /// <param name="arguments">In the kernel's order, of its types. Their tensors must live until the stream has come by.</param>
    /// <exception cref="ArgumentException">The number of arguments isn't the kernel's.</exception>
    /// <exception cref="System.Runtime.InteropServices.ExternalException">The driver refused.</exception>
    public void Launch(long blocks, int threads, params ReadOnlySpan<KernelArgument> arguments) => LaunchGrid(blocks, 1, threads, arguments);

    /// <summary>Launches a two-dimensional grid; see <see cref="Launch(long, int, ReadOnlySpan{KernelArgument})"/>.</summary>
    public void LaunchGrid(long blocksX, long blocksY, int threads, params ReadOnlySpan<KernelArgument> arguments)
    {
        if (arguments.Length != _parameters)
        {
            throw new ArgumentException($"{_name} takes {_parameters} arguments; {arguments.Length} were given.");
        }

        fixed (KernelArgument* values = arguments)
        {
            void** addresses = stackalloc void*[arguments.Length];
            for (int i = 0; i < arguments.Length; i++)
            {
                addresses[i] = values + i;
            }

            _driver.Launch(_function, checked((uint)blocksX), checked((uint)blocksY), (uint)threads, CudaStream.Handle(_device), addresses);
        }
    }
}
