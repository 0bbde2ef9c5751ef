using System.Collections;
using Harness.Torch.Interop;

namespace TorchSharp.Utils;

/// <summary>The elements of a tensor on the host, in row-major order, whatever its strides.</summary>
public sealed unsafe class TensorAccessor<T> : IDisposable, IReadOnlyList<T>
    where T : unmanaged
{
    private readonly torch.Tensor tensor;
    private readonly long[] shape;
    private readonly long[] strides;

    internal TensorAccessor(torch.Tensor tensor)
    {
        this.tensor = tensor;
        shape = tensor.shape;
        strides = tensor.stride();
        Count = tensor.numel();
    }

    /// <summary>Number of elements.</summary>
    public long Count { get; }

    int IReadOnlyCollection<T>.Count => checked((int)Count);

    /// <summary>The element at a place in each dimension, or (with one number) in row-major order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    public T this[params long[] indices]
    {
        get => ((T*)tensor.Data)[Offset(indices)];
        set => ((T*)tensor.Data)[Offset(indices)] = value;
    }

    T IReadOnlyList<T>.this[int index] => this[index];

    /// <summary>All elements, copied.</summary>
    public T[] ToArray()
    {
        T[] result = new T[Count];
        fixed (T* p = result)
        {
            Native.Check(Native.ht_read_bytes(tensor.Handle, p, Count * sizeof(T)));
        }

        return result;
    }

    /// <summary>Copies elements to an array.</summary>
    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) =>
        ToArray().AsSpan(checked((int)tensorIndex)).CopyTo(array.AsSpan(arrayIndex));

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)ToArray()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Nothing to do: the tensor keeps its memory.</summary>
    public void Dispose()
    {
    }

    private long Offset(long[] indices)
    {
        ArgumentNullException.ThrowIfNull(indices);
        long offset = 0;
        if (indices.Length == 1 && shape.Length != 1)
        {
            long rest = indices[0];
            ArgumentOutOfRangeException.ThrowIfNegative(rest, nameof(indices));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rest, Count, nameof(indices));
            for (int d = shape.Length - 1; d >= 0; d--)
            {
                offset += rest % shape[d] * strides[d];
                rest /= shape[d];
            }

            return offset;
        }

        ArgumentOutOfRangeException.ThrowIfNotEqual(indices.Length, shape.Length, nameof(indices));
        for (int d = 0; d < shape.Length; d++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(indices[d], nameof(indices));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(indices[d], shape[d], nameof(indices));
            offset += indices[d] * strides[d];
        }

        return offset;
    }
}
