using Harness.Torch.Interop;

namespace Harness.Torch;

/// <summary>What libtorch's allocator holds on a GPU, in bytes.</summary>
/// <param name="Allocated">In tensors, now.</param>
/// <param name="PeakAllocated">In tensors, at most since the start or the last reset.</param>
/// <param name="Reserved">Taken from the device, now.</param>
/// <param name="PeakReserved">Taken from the device, at most.</param>
/// <param name="Failures">Allocations that failed for good since the start.</param>
/// <param name="Retries">Allocations that succeeded only after unused memory was given back, since the start.</param>
public readonly record struct CudaMemory(long Allocated, long PeakAllocated, long Reserved, long PeakReserved, long Failures, long Retries)
{
    /// <summary>The figures of a GPU, or null where they can't be had.</summary>
    public static unsafe CudaMemory? Of(int device)
    {
        if (!IsKnown)
        {
            return null;
        }

        long* figures = stackalloc long[6];
        Native.Check(NativeCuda.ht_cuda_memory(device, figures));
        return new CudaMemory(figures[0], figures[1], figures[2], figures[3], figures[4], figures[5]);
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

    /// <summary>Free and total bytes of a GPU's memory, whoever holds the rest; null where they can't be had.</summary>
    public static unsafe (long Free, long Total)? OnDevice(int device)
    {
        if (!IsKnown)
        {
            return null;
        }

        long* figures = stackalloc long[2];
        Native.Check(NativeCuda.ht_cuda_memory_free(device, figures));
        return (figures[0], figures[1]);
    }

    /// <summary>Lets this process take at most a share of a GPU's memory; does nothing without one. Beyond it, allocations fail as on a full device.</summary>
    /// <param name="device">Number of the GPU.</param>
    /// <param name="share">In (0, 1].</param>
    public static void Limit(int device, double share)
    {
        if (IsKnown)
        {
            Native.Check(NativeCuda.ht_cuda_memory_fraction(share, device));
        }
    }

    private static bool IsKnown => TorchExtensions.HasCudaLibrary;
}
