using Harness.Torch.Interop;

namespace Harness.Torch;

/// <summary>What libtorch's allocator holds on a GPU, in bytes.</summary>
/// <param name="Allocated">In tensors, now.</param>
/// <param name="PeakAllocated">In tensors, at most since the start or the last reset.</param>
/// <param name="Reserved">Taken from the device, now.</param>
/// <param name="PeakReserved">Taken from the device, at most.</param>
public readonly record struct CudaMemory(long Allocated, long PeakAllocated, long Reserved, long PeakReserved)
{
    /// <summary>The figures of a GPU, or null where they can't be had.</summary>
    public static unsafe CudaMemory? Of(int device)
    {
        if (!IsKnown)
        {
            return null;
        }

        long* figures = stackalloc long[4];
        Native.Check(NativeCuda.ht_cuda_memory(device, figures));
        return new CudaMemory(figures[0], figures[1], figures[2], figures[3]);
    }

    /// <summary>Starts new peaks; does nothing where the figures can't be had.</summary>
    public static void ResetPeaks(int device)
    {
        if (IsKnown)
        {
            Native.Check(NativeCuda.ht_cuda_memory_reset_peak(device));
        }
    }

    /// <summary>Gives memory that no tensor uses back to the device; does nothing without one.</summary>
    public static void EmptyCache()
    {
        if (IsKnown)
        {
            Native.Check(NativeCuda.ht_cuda_empty_cache());
        }
    }

    private static bool IsKnown => TorchExtensions.Capabilities.CudaDevices > 0 && NativeFolder.Has(NativeFolder.Cuda);
}
