using Harness.Torch.Interop;

namespace Harness.Torch;

/// <summary>A queue of work on a GPU: what is asked of one stream is done in order, and beside what other streams do. A thread has one current stream.</summary>
public readonly unsafe record struct CudaStream
{
    private readonly long _id;
    private readonly int _device;

    private CudaStream(long id, int device) => (_id, _device) = (id, device);

    /// <summary>One of libtorch's 32 streams of a device (they are dealt round, so two far apart may be the same).</summary>
    /// <exception cref="InvalidOperationException">There is no GPU, or no second native library.</exception>
    public static CudaStream New(int device, bool highPriority = false)
    {
        Require();
        long* packed = stackalloc long[2];
        Native.Check(NativeCuda.ht_stream_new(device, highPriority ? 1 : 0, packed));
        return new CudaStream(packed[0], (int)packed[1]);
    }

    /// <summary>This thread's stream of a device.</summary>
    /// <exception cref="InvalidOperationException">There is no GPU, or no second native library.</exception>
    public static CudaStream Current(int device)
    {
        Require();
        long* packed = stackalloc long[2];
        Native.Check(NativeCuda.ht_stream_current(device, packed));
        return new CudaStream(packed[0], (int)packed[1]);
    }

    /// <summary>The driver's handle of this thread's stream, for <see cref="Devices.DeviceKernel"/>; 0 is the default stream, and also the answer without a GPU.</summary>
    public static nint Handle(int device)
    {
        if (!TorchExtensions.HasCudaLibrary)
        {
            return 0;
        }

        nint handle;
        Native.Check(NativeCuda.ht_stream_handle(device, &handle));
        return handle;
    }

    /// <summary>Waits until this thread's stream of a device has done everything that was asked of it. Other streams may go on.</summary>
    public static void Synchronize(int device)
    {
        Require();
        Native.Check(NativeCuda.ht_stream_synchronize(device));
    }

    /// <summary>What this thread asks of the device goes to this stream until the result is disposed. Nothing waits for anything.</summary>
    public IDisposable Use()
    {
        CudaStream before = Current(_device);
        Select();
        return new Visit(before);
    }

    private void Select()
    {
        long* packed = stackalloc long[2];
        (packed[0], packed[1]) = (_id, _device);
        Native.Check(NativeCuda.ht_stream_use(packed));
    }

    private static void Require()
    {
        if (!TorchExtensions.HasCudaLibrary)
        {
            throw new InvalidOperationException("Streams need a GPU and the library harness_torch_cuda; harness doctor says what is missing.");
        }
    }

    private sealed class Visit(CudaStream before) : IDisposable
    {
        private bool disposed;

        public void Dispose()
        {
            if (!disposed)
            {
                disposed = true;
                before.Select();
            }
        }
    }
}
