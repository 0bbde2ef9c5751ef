using System.Diagnostics;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Harness.Torch;

/// <summary>What the engine needs and TorchSharp's API lacks, made of what it has. Our own binding has another file in this one's place.</summary>
public static partial class TorchExtensions
{
    private const int Piece = 16 << 20;
    private static Capabilities? _capabilities;

    /// <summary>glibc hands large blocks back to the kernel after each step unless told not to; keeping them saves up to 40 % (measured).</summary>
    static TorchExtensions()
    {
        const int trimThreshold = -1, topPad = -2, mmapThreshold = -3; // malloc.h
        try
        {
            _ = mallopt(mmapThreshold, int.MaxValue) & mallopt(trimThreshold, int.MaxValue) & mallopt(topPad, 64 << 20);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // Another C library: slower, not wrong.
        }
    }

    /// <summary>What TorchSharp can do on this machine; loads libtorch. CUDA is asked for first: TorchSharp must see it before any CPU operation.</summary>
    public static Capabilities Capabilities => _capabilities ??= new Capabilities
    {
        CudaDevices = cuda.is_available() ? cuda.device_count() : 0,
        Provider = "TorchSharp",
        LibtorchVersion = __version__,
        CudaGraphs = false,
        FusedAdamWCpu = false,
        FusedAdamWCuda = false,
        CpuKernels = false,
        FlashAttention = true,
    };

    /// <summary>The rows of a weight matrix [V, D] that indices (Int64, any shape) name: [.., D].</summary>
    public static Tensor Embedding(Tensor weight, Tensor index)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(index);
        return weight.index_select(0, index.reshape(-1)).view([.. index.shape, weight.shape[1]]);
    }

    /// <summary>An empty tensor in page-locked memory where there is a GPU, else in ordinary memory.</summary>
    public static Tensor EmptyForUpload(ReadOnlySpan<long> size, ScalarType dtype)
    {
        var plain = empty(size.ToArray(), dtype);
        if (!cuda.is_available())
        {
            return plain;
        }

        using (plain)
        {
            return plain.pin_memory();
        }
    }

    /// <summary>Writes a tensor's bytes, row-major, to a stream, in pieces.</summary>
    public static void WriteTo(Stream stream, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(stream);
        InPieces(tensor, piece =>
        {
            using var host = piece.cpu().contiguous();
            stream.Write(host.bytes);
        });
    }

    /// <summary>Sets a tensor's elements, row-major, from a stream.</summary>
    /// <exception cref="EndOfStreamException">The stream has fewer bytes than the tensor.</exception>
    public static void ReadFrom(Stream stream, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(stream);
        InPieces(tensor, piece =>
        {
            using var host = empty(piece.shape, piece.dtype);
            stream.ReadExactly(host.bytes);
            piece.copy_(host);
        });
    }

    /// <summary>Speed of a float32 product of two matrices with the current number of threads, in GFLOP/s: the best of several.</summary>
    public static double MatmulGigaflops(int size = 512, int repetitions = 8)
    {
        using var plain = no_grad();
        using var scope = NewDisposeScope();
        var a = ones(size, size);
        var b = ones(size, size);
        var best = double.PositiveInfinity;
        for (var i = 0; i <= repetitions; i++)
        {
            var start = Stopwatch.GetTimestamp();
            using var c = a.matmul(b);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return 2.0 * size * size * size / best / 1e9;
    }

    /// <summary>Does nothing: TorchSharp finds the device in every tensor, and nothing is launched beside it.</summary>
    public static void UseDevice(int device)
    {
    }

    /// <summary>None: TorchSharp has no streams.</summary>
    public static Func<IDisposable>? NewStream(int device) => null;

    /// <summary>Unknown: TorchSharp doesn't tell.</summary>
    public static long? PeakDeviceBytes(int device) => null;

    /// <summary>Does nothing: TorchSharp has no such measurement.</summary>
    public static void ResetPeakDeviceBytes(int device)
    {
    }

    private static void InPieces(Tensor tensor, Action<Tensor> action)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using var plain = no_grad();
        using var scope = NewDisposeScope();
        var flat = tensor.detach().view(-1);
        var count = flat.numel();
        const long most = Piece / 8; // elements; no type here is wider than 8 bytes
        for (long at = 0; at < count; at += most)
        {
            using var piece = flat.narrow(0, at, Math.Min(most, count - at));
            action(piece);
        }
    }

    [DllImport("libc", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int mallopt(int parameter, int value);
}
