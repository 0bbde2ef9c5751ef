using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace Harness.Torch.Interop;

/// <summary>A number on its way to libtorch: <c>ht_scalar</c> of native/shim.h.</summary>
internal readonly record struct NativeScalar(long Bits, long Kind)
{
    internal static NativeScalar One { get; } = new(1, 1);
}

/// <summary>
/// The C functions of native/*.cpp, one file here for each file there. All signatures are blittable. A tensor is an <c>at::Tensor*</c>;
/// tensor-valued functions return 0 on failure, the others a status, and <see cref="ht_last_error"/> says why.
/// </summary>
internal static unsafe partial class Native
{
    private const string Lib = NativeFolder.Base;

    // Runs before the first call of any function below, and not earlier: nothing loads libtorch until a tensor is needed.
    static Native()
    {
        NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, NativeFolder.Resolve);
        _ = ht_keep_freed_memory();
    }

    [DllImport(Lib)] internal static extern byte* ht_last_error();
    [DllImport(Lib)] private static extern int ht_keep_freed_memory();
    [DllImport(Lib)] internal static extern int ht_torch_version();
    [DllImport(Lib)] internal static extern byte* ht_torch_version_text();
    [DllImport(Lib)] internal static extern byte* ht_config_text();
    [DllImport(Lib)] internal static extern byte* ht_parallel_text();
    [DllImport(Lib)] internal static extern int ht_set_num_threads(int n);
    [DllImport(Lib)] internal static extern int ht_get_num_threads();
    [DllImport(Lib)] internal static extern int ht_set_num_interop_threads(int n);
    [DllImport(Lib)] internal static extern int ht_get_num_interop_threads();
    [DllImport(Lib), SuppressGCTransition] internal static extern int ht_grad_enabled();
    [DllImport(Lib), SuppressGCTransition] internal static extern void ht_set_grad_enabled(int on);
    [DllImport(Lib)] internal static extern nint ht_inference_begin(int on);
    [DllImport(Lib)] internal static extern void ht_inference_end(nint guard);
    [DllImport(Lib)] internal static extern int ht_deterministic();
    [DllImport(Lib)] internal static extern int ht_set_deterministic(int on, int warn_only);
    [DllImport(Lib)] internal static extern int ht_matmul_precision();
    [DllImport(Lib)] internal static extern int ht_set_matmul_precision(int level);
    [DllImport(Lib)] internal static extern int ht_switch_cublas_tf32(int value);
    [DllImport(Lib)] internal static extern int ht_switch_cudnn_tf32(int value);
    [DllImport(Lib)] internal static extern int ht_switch_flash_sdp(int value);
    [DllImport(Lib)] internal static extern int ht_switch_math_sdp(int value);
    [DllImport(Lib)] internal static extern int ht_switch_efficient_sdp(int value);
    [DllImport(Lib)] internal static extern int ht_switch_cudnn_sdp(int value);
    [DllImport(Lib)] internal static extern int ht_switch_fp16_reduction(int value);
    [DllImport(Lib)] internal static extern nint ht_tally_begin();
    [DllImport(Lib)] internal static extern long ht_tally_peak(nint running);
    [DllImport(Lib)] internal static extern void ht_tally_end(nint running);
    [DllImport(Lib)] internal static extern int ht_cuda_device_count();
    [DllImport(Lib)] internal static extern int ht_cuda_has_cudnn();
    [DllImport(Lib)] internal static extern int ht_cuda_use(int device);
    [DllImport(Lib)] internal static extern int ht_cuda_synchronize(int device);

    internal static string Text(byte* utf8) => Marshal.PtrToStringUTF8((nint)utf8) ?? "";

    /// <summary>Throws libtorch's message if a status says that a call failed.</summary>
    internal static void Check(int status)
    {
        if (status != 0)
        {
            Throw();
        }
    }

    /// <summary>A switch's value, or libtorch's message as an exception.</summary>
    internal static bool Switch(int value)
    {
        if (value < 0)
        {
            Throw();
        }

        return value != 0;
    }

    /// <exception cref="ExternalException">Always, with libtorch's message.</exception>
    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    internal static void Throw()
    {
        string message = Text(ht_last_error());
        throw IsOutOfMemory(message) ? new TorchOutOfMemoryException(message) : new ExternalException(message);
    }

    // libtorch says it in these words: CUDA's caching allocator, the CPU allocator, std::bad_alloc.
    private static bool IsOutOfMemory(string message) =>
        message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
        || message.Contains("can't allocate memory", StringComparison.Ordinal)
        || message.Contains("not enough memory", StringComparison.Ordinal)
        || message.Contains("bad_alloc", StringComparison.Ordinal);
}
