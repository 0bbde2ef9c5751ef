using Harness.Torch.Interop;

namespace TorchSharp;

public static unsafe partial class torch
{
    /// <summary>The version of libtorch that is loaded, such as <c>1.13.0</c>.</summary>
    public static string __version__ => Native.Text(Native.ht_torch_version_text());

    /// <summary>The innermost dispose scope of this thread, or null.</summary>
    public static DisposeScope? CurrentDisposeScope => TensorThread.Current.Scope;

    /// <summary>Begins a scope: its end disposes the tensors made meanwhile on this thread.</summary>
    public static DisposeScope NewDisposeScope() => new(TensorThread.Current);

    /// <summary>Runs a computation in a scope of its own and hands its result to the scope around it.</summary>
    public static Tensor WrappedTensorDisposeScope(Func<Tensor> expr)
    {
        ArgumentNullException.ThrowIfNull(expr);
        using DisposeScope scope = NewDisposeScope();
        return expr().MoveToOuterDisposeScope();
    }

    /// <summary>How many threads one operation on the CPU may use.</summary>
    public static void set_num_threads(int num) => Native.Check(Native.ht_set_num_threads(num));

    /// <summary>How many threads one operation on the CPU may use.</summary>
    public static int get_num_threads() => Native.ht_get_num_threads();

    /// <summary>How many operations on the CPU may run beside each other; can be set once, before any have.</summary>
    public static void set_num_interop_threads(int num) => Native.Check(Native.ht_set_num_interop_threads(num));

    /// <summary>How many operations on the CPU may run beside each other.</summary>
    public static int get_num_interop_threads() => Native.ht_get_num_interop_threads();

    /// <summary>Same bits each time, or an error (a warning, if only that is asked for) from operations that can't; until the result is disposed.</summary>
    public static IDisposable use_deterministic_algorithms(bool mode = true, bool warn_only = false)
    {
        int before = Native.ht_deterministic();
        Native.Check(Native.ht_set_deterministic(mode ? 1 : 0, warn_only ? 1 : 0));
        return new Restore(() => Native.Check(Native.ht_set_deterministic(before == 0 ? 0 : 1, before == 2 ? 1 : 0)));
    }

    /// <summary>How exact float32 matrix products must be, until the result is disposed.</summary>
    public static IDisposable set_float32_matmul_precision(Float32MatmulPrecision precision)
    {
        int before = Native.ht_matmul_precision();
        Native.Check(Native.ht_set_matmul_precision((int)precision));
        return new Restore(() => Native.Check(Native.ht_set_matmul_precision(before)));
    }

    /// <summary>Whether a kind of device can be used.</summary>
    public static bool TryInitializeDeviceType(DeviceType deviceType) => deviceType != DeviceType.CUDA || cuda.is_available();

    /// <summary>Makes sure that a kind of device can be used.</summary>
    /// <exception cref="InvalidOperationException">It can't.</exception>
    public static void InitializeDeviceType(DeviceType deviceType)
    {
        if (!TryInitializeDeviceType(deviceType))
        {
            throw new InvalidOperationException($"Torch device type {deviceType} did not initialise on the current machine: libtorch {__version__} sees no such device.");
        }
    }

    private sealed class Restore(Action undo) : IDisposable
    {
        private Action? undo = undo;

        public void Dispose() => Interlocked.Exchange(ref undo, null)?.Invoke();
    }
}
