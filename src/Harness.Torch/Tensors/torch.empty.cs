using Harness.Torch.Interop;

namespace TorchSharp;

public static unsafe partial class torch
{
    /// <summary>A tensor whose elements are not set.</summary>
    public static Tensor empty(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        Unnamed(names);
        fixed (long* p = size)
        {
            return new(Native.ht_empty(p, size.Length, Tensor.Code(dtype), Kind(device), Index(device), requires_grad ? 1 : 0));
        }
    }

    /// <summary>A tensor whose elements are not set.</summary>
    public static Tensor empty(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        empty((ReadOnlySpan<long>)size, dtype, device, requires_grad, names);

    /// <summary>A tensor whose elements are not set.</summary>
    public static Tensor empty(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        empty((ReadOnlySpan<long>)[size], dtype, device, requires_grad, names);

    /// <summary>A tensor whose elements are not set.</summary>
    public static Tensor empty(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        empty((ReadOnlySpan<long>)[rows, columns], dtype, device, requires_grad, names);

    /// <summary>A tensor whose elements are not set.</summary>
    public static Tensor empty(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        empty((ReadOnlySpan<long>)[dim0, dim1, dim2], dtype, device, requires_grad, names);

    /// <summary>A tensor whose elements are not set.</summary>
    public static Tensor empty(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        empty((ReadOnlySpan<long>)[dim0, dim1, dim2, dim3], dtype, device, requires_grad, names);

    /// <summary>A tensor whose elements are not set.</summary>
    public static Tensor empty(int size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        empty((ReadOnlySpan<long>)[size], dtype, device, requires_grad, names);

    /// <summary>A tensor whose elements are not set.</summary>
    public static Tensor empty(int rows, int columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        empty((ReadOnlySpan<long>)[rows, columns], dtype, device, requires_grad, names);

    /// <summary>A tensor whose elements are not set.</summary>
    public static Tensor empty(int dim0, int dim1, int dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        empty((ReadOnlySpan<long>)[dim0, dim1, dim2], dtype, device, requires_grad, names);

    /// <summary>A tensor whose elements are not set.</summary>
    public static Tensor empty(int dim0, int dim1, int dim2, int dim3, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        empty((ReadOnlySpan<long>)[dim0, dim1, dim2, dim3], dtype, device, requires_grad, names);

    /// <summary>A tensor whose elements are not set with the shape, and unless said otherwise the type and device, of another.</summary>
    public static Tensor empty_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        new(Native.ht_empty_like(input.Handle, Tensor.Code(dtype), Kind(device), Index(device), requires_grad ? 1 : 0));
}
