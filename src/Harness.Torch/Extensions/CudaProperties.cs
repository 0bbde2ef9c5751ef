using Harness.Torch.Interop;

namespace Harness.Torch;

/// <summary>What a GPU is built of.</summary>
/// <param name="ComputeCapability">Major times 10 plus minor: 90 for an H100.</param>
/// <param name="Multiprocessors">Streaming multiprocessors.</param>
/// <param name="L2Bytes">Bytes of the cache that they share.</param>
/// <param name="SharedMemoryBytes">Shared memory that one block may ask for.</param>
/// <param name="BytesPerSecond">Peak speed of the device's memory by clock and width; null where the driver doesn't say.</param>
public sealed record CudaProperties(int ComputeCapability, int Multiprocessors, long L2Bytes, long SharedMemoryBytes, double? BytesPerSecond)
{
    /// <summary>The properties of a GPU, or null where they can't be had.</summary>
    public static unsafe CudaProperties? Of(int device)
    {
        if (!TorchExtensions.HasCudaLibrary)
        {
            return null;
        }

        long* figures = stackalloc long[6];
        Native.Check(NativeCuda.ht_cuda_properties(device, figures));
        double? speed = figures[4] > 0 && figures[5] > 0 ? 2.0 * figures[4] * 1000 * figures[5] / 8 : null; // two transfers a clock
        return new CudaProperties((int)figures[0], (int)figures[1], figures[2], figures[3], speed);
    }
}
