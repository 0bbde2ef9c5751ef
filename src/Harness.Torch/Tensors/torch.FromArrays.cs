using Harness.Torch.Interop;

namespace TorchSharp;

public static unsafe partial class torch
{
    /// <summary>A tensor of one float, without dimensions.</summary>
    public static Tensor tensor(float scalar, Device? device = null, bool requires_grad = false) =>
        Copied<float>([scalar], [], null, device, requires_grad, null);

    /// <summary>A one-dimensional tensor with a copy of an array.</summary>
    public static Tensor tensor(float[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<float>(rawArray, [rawArray.Length], dtype, device, requires_grad, names);

    /// <summary>A tensor with a copy of an array, in row-major order.</summary>
    public static Tensor tensor(float[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<float>(rawArray, dimensions, dtype, device, requires_grad, names);

    /// <summary>A tensor with a copy of some memory, in row-major order.</summary>
    public static Tensor tensor(Memory<float> rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<float>(rawArray.Span, dimensions, dtype, device, requires_grad, names);

    /// <summary>A tensor of one double, without dimensions.</summary>
    public static Tensor tensor(double scalar, Device? device = null, bool requires_grad = false) =>
        Copied<double>([scalar], [], null, device, requires_grad, null);

    /// <summary>A one-dimensional tensor with a copy of an array.</summary>
    public static Tensor tensor(double[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<double>(rawArray, [rawArray.Length], dtype, device, requires_grad, names);

    /// <summary>A tensor with a copy of an array, in row-major order.</summary>
    public static Tensor tensor(double[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<double>(rawArray, dimensions, dtype, device, requires_grad, names);

    /// <summary>A tensor with a copy of some memory, in row-major order.</summary>
    public static Tensor tensor(Memory<double> rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<double>(rawArray.Span, dimensions, dtype, device, requires_grad, names);

    /// <summary>A tensor of one long, without dimensions.</summary>
    public static Tensor tensor(long scalar, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Copied<long>([scalar], [], dtype, device, requires_grad, null);

    /// <summary>A one-dimensional tensor with a copy of an array.</summary>
    public static Tensor tensor(long[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<long>(rawArray, [rawArray.Length], dtype, device, requires_grad, names);

    /// <summary>A tensor with a copy of an array, in row-major order.</summary>
    public static Tensor tensor(long[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<long>(rawArray, dimensions, dtype, device, requires_grad, names);

    /// <summary>A tensor with a copy of some memory, in row-major order.</summary>
    public static Tensor tensor(Memory<long> rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<long>(rawArray.Span, dimensions, dtype, device, requires_grad, names);

    /// <summary>A tensor of one int, without dimensions.</summary>
    public static Tensor tensor(int scalar, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Copied<int>([scalar], [], dtype, device, requires_grad, null);

    /// <summary>A one-dimensional tensor with a copy of an array.</summary>
    public static Tensor tensor(int[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<int>(rawArray, [rawArray.Length], dtype, device, requires_grad, names);

    /// <summary>A tensor with a copy of an array, in row-major order.</summary>
    public static Tensor tensor(int[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<int>(rawArray, dimensions, dtype, device, requires_grad, names);

    /// <summary>A tensor with a copy of some memory, in row-major order.</summary>
    public static Tensor tensor(Memory<int> rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<int>(rawArray.Span, dimensions, dtype, device, requires_grad, names);

    /// <summary>A tensor of one byte, without dimensions.</summary>
    public static Tensor tensor(byte scalar, Device? device = null, bool requires_grad = false) =>
        Copied<byte>([scalar], [], null, device, requires_grad, null);

    /// <summary>A one-dimensional tensor with a copy of an array.</summary>
    public static Tensor tensor(byte[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<byte>(rawArray, [rawArray.Length], dtype, device, requires_grad, names);

    /// <summary>A tensor with a copy of an array, in row-major order.</summary>
    public static Tensor tensor(byte[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<byte>(rawArray, dimensions, dtype, device, requires_grad, names);

    /// <summary>A tensor with a copy of some memory, in row-major order.</summary>
    public static Tensor tensor(Memory<byte> rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<byte>(rawArray.Span, dimensions, dtype, device, requires_grad, names);

    /// <summary>A tensor of one bool, without dimensions.</summary>
    public static Tensor tensor(bool scalar, Device? device = null, bool requires_grad = false) =>
        Copied<bool>([scalar], [], null, device, requires_grad, null);

    /// <summary>A one-dimensional tensor with a copy of an array.</summary>
    public static Tensor tensor(bool[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<bool>(rawArray, [rawArray.Length], dtype, device, requires_grad, names);

    /// <summary>A tensor with a copy of an array, in row-major order.</summary>
    public static Tensor tensor(bool[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<bool>(rawArray, dimensions, dtype, device, requires_grad, names);

    /// <summary>A tensor with a copy of some memory, in row-major order.</summary>
    public static Tensor tensor(Memory<bool> rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<bool>(rawArray.Span, dimensions, dtype, device, requires_grad, names);

    internal static Tensor Copied<T>(ReadOnlySpan<T> values, ReadOnlySpan<long> dimensions, ScalarType? dtype, Device? device, bool requires_grad, string[]? names)
        where T : unmanaged
    {
        Unnamed(names);
        long count = 1;
        foreach (long length in dimensions)
        {
            count = checked(count * length);
        }

        if (count != values.Length)
        {
            throw new ArgumentException($"{values.Length} values don't fill the shape [{string.Join(", ", dimensions.ToArray())}], which has {count}.");
        }

        Tensor tensor;
        fixed (T* data = values)
        fixed (long* p = dimensions)
        {
            T none;
            tensor = new(Native.ht_from_bytes(data == null ? &none : data, p, dimensions.Length, (int)Tensor.TypeOf<T>()));
        }

        return Placed(tensor, dtype, device, requires_grad);
    }
}
