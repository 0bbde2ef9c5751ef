using System.Runtime.InteropServices;
using Harness.Torch.Interop;

namespace TorchSharp;

public static unsafe partial class torch
{
    /// <summary>Whole numbers drawn evenly from [low, high).</summary>
    public static Tensor randint(long low, long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint(low, high, (ReadOnlySpan<long>)size, dtype, device, requires_grad, generator, names);

    /// <summary>Whole numbers drawn evenly from [low, high).</summary>
    public static Tensor randint(long low, long high, ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null)
    {
        Unnamed(names);
        fixed (long* p = size)
        {
            return new(Native.ht_randint(low, high, p, size.Length, generator?.Handle ?? 0, Tensor.Code(dtype ?? ScalarType.Int64), Kind(device), Index(device), requires_grad ? 1 : 0));
        }
    }

    /// <summary>A random order of the numbers from 0 to n - 1 (Int64).</summary>
    public static Tensor randperm(long n, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null) =>
        new(Native.ht_randperm(n, generator?.Handle ?? 0, Tensor.Code(dtype ?? ScalarType.Int64), Kind(device), Index(device), requires_grad ? 1 : 0));

    /// <summary>0, 1, ... up to before <paramref name="stop"/>.</summary>
    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(0, stop, 1, dtype, device, requires_grad);

    /// <summary>Numbers one apart, from <paramref name="start"/> to before <paramref name="stop"/>.</summary>
    public static Tensor arange(Scalar start, Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(start, stop, 1, dtype, device, requires_grad);

    /// <summary>Numbers <paramref name="step"/> apart, from <paramref name="start"/> to before <paramref name="stop"/>.</summary>
    public static Tensor arange(Scalar start, Scalar stop, Scalar step, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        new(Native.ht_arange(start.Value, stop.Value, step.Value, Tensor.Code(dtype), Kind(device), Index(device), requires_grad ? 1 : 0));

    /// <summary>A tensor with a copy of an array of any rank, with its shape.</summary>
    public static Tensor from_array(Array rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
    {
        ArgumentNullException.ThrowIfNull(rawArray);
        long[] lengths = [.. Enumerable.Range(0, rawArray.Rank).Select(rawArray.GetLongLength)];
        return FromMemory(rawArray, lengths, 0, dtype, device, requires_grad);
    }

    /// <summary>A one-dimensional tensor with a copy of part of an array, read as another type. TorchSharp shares the memory instead; don't rely on either.</summary>
    public static Tensor frombuffer(Array rawArray, ScalarType dtype, long count = -1, long offset = 0, bool requires_grad = false, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(rawArray);
        using Tensor probe = empty([0L], dtype);
        long size = probe.element_size();
        long all = Buffer.ByteLength(rawArray) - offset;
        if (count < 0)
        {
            count = all / size;
        }

        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count * size, all, nameof(count));
        GCHandle pin = GCHandle.Alloc(rawArray, GCHandleType.Pinned);
        try
        {
            Tensor host = new(Native.ht_from_bytes((byte*)pin.AddrOfPinnedObject() + offset, &count, 1, (int)dtype));
            return Placed(host, null, device, requires_grad);
        }
        finally
        {
            pin.Free();
        }
    }

    private static Tensor FromMemory(Array array, long[] lengths, long offset, ScalarType? dtype, Device? device, bool requires_grad)
    {
        ScalarType own = array switch
        {
            float[] or float[,] or float[,,] or float[,,,] => ScalarType.Float32,
            double[] or double[,] or double[,,] or double[,,,] => ScalarType.Float64,
            long[] or long[,] or long[,,] or long[,,,] => ScalarType.Int64,
            int[] or int[,] or int[,,] or int[,,,] => ScalarType.Int32,
            byte[] or byte[,] or byte[,,] or byte[,,,] => ScalarType.Byte,
            bool[] or bool[,] or bool[,,] or bool[,,,] => ScalarType.Bool,
            _ => throw new ArgumentException($"There is no tensor of {array.GetType().Name}.", nameof(array)),
        };
        GCHandle pin = GCHandle.Alloc(array, GCHandleType.Pinned);
        try
        {
            fixed (long* p = lengths)
            {
                Tensor host = new(Native.ht_from_bytes((byte*)pin.AddrOfPinnedObject() + offset, p, lengths.Length, (int)own));
                return Placed(host, dtype, device, requires_grad);
            }
        }
        finally
        {
            pin.Free();
        }
    }

    private static Tensor Placed(Tensor host, ScalarType? dtype, Device? device, bool requires_grad)
    {
        if ((dtype is { } type && type != host.dtype) || (device is not null && device.type != DeviceType.CPU))
        {
            host = host.to(dtype ?? host.dtype, device ?? CPU, disposeAfter: true);
        }

        return requires_grad ? host.requires_grad_() : host;
    }

    private static int Kind(Device? device) => device is null ? -1 : (int)device.type;

    private static int Index(Device? device) => device?.index ?? -1;

    private static void Unnamed(string[]? names)
    {
        if (names is not null)
        {
            throw new NotSupportedException("Named dimensions aren't bound.");
        }
    }
}
