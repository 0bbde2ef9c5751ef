using System.Runtime.CompilerServices;
using Harness.Torch.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Torch;

/// <summary>
/// Forward and backward kernels on the host that write into tensors made beforehand: what a hand-written training step is made of. They allocate
/// nothing, use one thread, and record nothing for autograd.
/// </summary>
/// <remarks>
/// All tensors are float32 (indices and targets Int64), contiguous and on the host, and don't overlap unless it says so. Letters: B batch, T context,
/// N = B T rows, D width, F hidden width, V vocabulary, H heads. "Added to" means that the caller sets the tensor to zero first if it must be.
/// A target or index is not checked against its range here: check the data once, where it is made.
/// </remarks>
/// <exception cref="ArgumentException">Thrown by each, for a tensor of another type, layout, device or size.</exception>
public static unsafe partial class CpuKernels
{
    /// <summary>Level of x86-64 instructions in use: 2 (SSE4), 3 (AVX2 and FMA) or 4 (AVX-512).</summary>
    public static int InstructionLevel => Native.ht_kernel_level(0);

    /// <summary>Uses a lower level than the processor has, so that machines of different age compute the same bits.</summary>
    /// <returns>The level now in use: at most what the processor has.</returns>
    public static int LimitInstructionLevel(int level)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(level, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, 4);
        return Native.ht_kernel_level(level);
    }

    // The checked pointer to a tensor's float32 elements.
    private static float* Floats(Tensor tensor, long count, [CallerArgumentExpression(nameof(tensor))] string name = "") =>
        (float*)Pointer(tensor, ScalarType.Float32, count, name);

    private static float* FloatsOrNull(Tensor? tensor, long count, [CallerArgumentExpression(nameof(tensor))] string name = "") =>
        tensor is null ? null : Floats(tensor, count, name);

    private static long* Longs(Tensor tensor, long count, [CallerArgumentExpression(nameof(tensor))] string name = "") =>
        (long*)Pointer(tensor, ScalarType.Int64, count, name);

    private static void* Pointer(Tensor tensor, ScalarType type, long count, string name)
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        nint handle = tensor.Handle;
        if (Native.ht_dtype(handle) != (int)type || Native.ht_device_type(handle) != (int)DeviceType.CPU
            || Native.ht_is_contiguous(handle) == 0 || Native.ht_numel(handle) != count)
        {
            throw new ArgumentException($"{name} must be contiguous, {type}, on the host and have {count} elements, but is {tensor}{(tensor.is_contiguous() ? "" : ", not contiguous")}.", name);
        }

        return Native.ht_data_ptr(handle);
    }

    // Rows of a tensor whose last dimension has `width` elements.
    private static long Rows(Tensor tensor, long width) => tensor.numel() / width;
}
