using Harness.Torch.Interop;

namespace TorchSharp;

public static unsafe partial class torch
{
    /// <summary>A tensor with every element set to <paramref name="value"/>.</summary>
    public static Tensor full(ReadOnlySpan<long> size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        Unnamed(names);
        fixed (long* p = size)
        {
            return new(Native.ht_full(p, size.Length, value.Value, Tensor.Code(dtype), Kind(device), Index(device), requires_grad ? 1 : 0));
        }
    }

    /// <summary>A tensor with every element set to <paramref name="value"/>.</summary>
    public static Tensor full(long[] size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        full((ReadOnlySpan<long>)size, value, dtype, device, requires_grad, names);

    /// <summary>A tensor with every element set to <paramref name="value"/>.</summary>
    public static Tensor full(long size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        full((ReadOnlySpan<long>)[size], value, dtype, device, requires_grad, names);

    /// <summary>A tensor with every element set to <paramref name="value"/>.</summary>
    public static Tensor full(long rows, long columns, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        full((ReadOnlySpan<long>)[rows, columns], value, dtype, device, requires_grad, names);

    /// <summary>A tensor with every element set to <paramref name="value"/>.</summary>
    public static Tensor full(long dim0, long dim1, long dim2, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        full((ReadOnlySpan<long>)[dim0, dim1, dim2], value, dtype, device, requires_grad, names);

    /// <summary>A tensor with every element set to <paramref name="value"/>.</summary>
    public static Tensor full(long dim0, long dim1, long dim2, long dim3, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        full((ReadOnlySpan<long>)[dim0, dim1, dim2, dim3], value, dtype, device, requires_grad, names);

    /// <summary>A tensor with every element set to <paramref name="value"/>.</summary>
    public static Tensor full(int size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        full((ReadOnlySpan<long>)[size], value, dtype, device, requires_grad, names);

    /// <summary>A tensor with every element set to <paramref name="value"/>.</summary>
    public static Tensor full(int rows, int columns, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        full((ReadOnlySpan<long>)[rows, columns], value, dtype, device, requires_grad, names);

    /// <summary>A tensor with every element set to <paramref name="value"/>.</summary>
    public static Tensor full(int dim0, int dim1, int dim2, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        full((ReadOnlySpan<long>)[dim0, dim1, dim2], value, dtype, device, requires_grad, names);

    /// <summary>A tensor with every element set to <paramref name="value"/>.</summary>
    public static Tensor full(int dim0, int dim1, int dim2, int dim3, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        full((ReadOnlySpan<long>)[dim0, dim1, dim2, dim3], value, dtype, device, requires_grad, names);
}
