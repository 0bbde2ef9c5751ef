using Harness.Torch.Interop;

namespace Harness.Torch;

/// <summary>A mark in a GPU's current stream, with the device's own clock: <c>using var e = CudaEvent.Record(0)</c>.</summary>
public sealed unsafe class CudaEvent : IDisposable
{
    private readonly int device;
    private readonly NativeHandle handle;

    private CudaEvent(nint made, int device) => (handle, this.device) = (new NativeHandle(made, NativeCuda.ht_event_free, typeof(CudaEvent)), device);

    /// <summary>Marks the end of what this thread has asked of a device so far; returns at once.</summary>
    /// <exception cref="InvalidOperationException">There is no GPU, or no second native library.</exception>
    public static CudaEvent Record(int device)
    {
        if (!TorchExtensions.HasCudaLibrary)
        {
            throw new InvalidOperationException("Events need a GPU and the library harness_torch_cuda; harness doctor says what is missing.");
        }

        return new CudaEvent(NativeCuda.ht_event_record(device), device);
    }

    /// <summary>Whether the device has come by the mark.</summary>
    public bool HasPassed
    {
        get
        {
            int passed = NativeCuda.ht_event_passed(Handle);
            if (passed < 0)
            {
                Native.Throw();
            }

            return passed != 0;
        }
    }

    /// <summary>Waits until the device has come by the mark.</summary>
    public void Wait() => Native.Check(NativeCuda.ht_event_synchronize(Handle));

    /// <summary>What this thread asks of the device from now on comes after the mark, which may be another stream's; the host doesn't wait.</summary>
    public void Precede() => Native.Check(NativeCuda.ht_event_await(Handle, device));

    /// <summary>Milliseconds on the device's clock between this mark and a later one; waits for that.</summary>
    public double MillisecondsUntil(CudaEvent later)
    {
        ArgumentNullException.ThrowIfNull(later);
        double milliseconds;
        Native.Check(NativeCuda.ht_event_elapsed(Handle, later.Handle, &milliseconds));
        return milliseconds;
    }

    /// <summary>Frees the event.</summary>
    public void Dispose() => handle.Dispose();

    private nint Handle => handle.Value;
}
