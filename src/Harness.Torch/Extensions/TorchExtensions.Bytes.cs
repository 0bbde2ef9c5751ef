using Harness.Torch.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Torch;

public static unsafe partial class TorchExtensions
{
    private const int Piece = 16 << 20;

    /// <summary>A tensor's bytes, row-major, from any device into a span of exactly that length.</summary>
    public static void ReadBytes(Tensor tensor, Span<byte> destination)
    {
        Tensor.HostReads++;
        fixed (byte* p = destination)
        {
            Native.Check(Native.ht_read_bytes(tensor.Handle, p, destination.Length));
        }
    }

    /// <summary>Sets a tensor's elements, row-major, on any device, from a span of exactly its number of bytes.</summary>
    public static void WriteBytes(Tensor tensor, ReadOnlySpan<byte> source)
    {
        fixed (byte* p = source)
        {
            Native.Check(Native.ht_write_bytes(tensor.Handle, p, source.Length));
        }
    }

    /// <summary>Writes a tensor's bytes, row-major, to a stream, in pieces, so that a large tensor needs little memory on the host.</summary>
    public static void WriteTo(Stream stream, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(stream);
        InPieces(tensor, (piece, buffer) =>
        {
            ReadBytes(piece, buffer);
            stream.Write(buffer);
        });
    }

    /// <summary>Sets a tensor's elements, row-major, from a stream.</summary>
    /// <exception cref="EndOfStreamException">The stream has fewer bytes than the tensor.</exception>
    public static void ReadFrom(Stream stream, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(stream);
        InPieces(tensor, (piece, buffer) =>
        {
            stream.ReadExactly(buffer);
            WriteBytes(piece, buffer);
        });
    }

    /// <summary>An empty tensor in page-locked memory where there is a GPU, else in ordinary memory: what is uploaded from it need not be waited for.</summary>
    public static Tensor EmptyForUpload(ReadOnlySpan<long> size, ScalarType dtype)
    {
        if (!cuda.is_available())
        {
            return empty(size, dtype);
        }

        fixed (long* p = size)
        {
            return new(Native.ht_empty_pinned(p, size.Length, (int)dtype));
        }
    }

    private delegate void OnPiece(Tensor piece, Span<byte> buffer);

    private static void InPieces(Tensor tensor, OnPiece action)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable plain = no_grad();
        Tensor flat = tensor.detach().view(-1);
        long size = flat.element_size();
        long count = flat.numel();
        long most = Piece / size;
        byte[] buffer = new byte[Math.Min(count, most) * size];
        for (long at = 0; at < count; at += most)
        {
            long length = Math.Min(most, count - at);
            using Tensor piece = flat.narrow(0, at, length);
            action(piece, buffer.AsSpan(0, (int)(length * size)));
        }
    }
}
