using Harness.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public sealed unsafe partial class Tensor
    {
        /// <summary>The length of each dimension.</summary>
        public long[] shape
        {
            get
            {
                nint h = Handle;
                long[] result = new ReadOnlySpan<long>(Native.ht_sizes(h), (int)Native.ht_ndim(h)).ToArray();
                GC.KeepAlive(this);
                return result;
            }
        }

        /// <summary>Number of dimensions.</summary>
        public long ndim => Native.ht_ndim(Handle);

        /// <summary>Type of the elements.</summary>
        public ScalarType dtype => (ScalarType)Native.ht_dtype(Handle);

        /// <summary>Where the tensor lives.</summary>
        public Device device => new(device_type, Native.ht_device_index(Handle));

        /// <summary>The kind of device that the tensor lives on.</summary>
        public DeviceType device_type => (DeviceType)Native.ht_device_type(Handle);

        /// <summary>The device's number; -1 on the CPU.</summary>
        public int device_index => Native.ht_device_index(Handle);

        /// <summary>Bytes of one element.</summary>
        public long ElementSize => Native.ht_element_size(Handle);

        /// <summary>Number of elements.</summary>
        public long NumberOfElements => numel();

        /// <summary>Number of elements.</summary>
        public long numel() => Native.ht_numel(Handle);

        /// <summary>Bytes of one element.</summary>
        public long element_size() => Native.ht_element_size(Handle);

        /// <summary>Number of dimensions.</summary>
        public long dim() => Native.ht_ndim(Handle);

        /// <summary>Length of a dimension; negative numbers count from the last.</summary>
        /// <exception cref="ArgumentOutOfRangeException">There is no such dimension.</exception>
        public long size(int dim)
        {
            nint h = Handle;
            long n = Native.ht_ndim(h);
            ArgumentOutOfRangeException.ThrowIfLessThan(dim, -n);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(dim, n);
            return Native.ht_sizes(h)[dim < 0 ? dim + n : dim];
        }

        /// <summary>The distance of neighbours along each dimension, in elements.</summary>
        public long[] stride()
        {
            long[] result = new long[ndim];
            fixed (long* p = result)
            {
                Native.Check(Native.ht_strides(Handle, p));
            }

            return result;
        }

        /// <summary>The distance of neighbours along a dimension, in elements.</summary>
        public long stride(int dim) => stride()[dim < 0 ? dim + ndim : dim];

        /// <summary>The first element's position in the storage, in elements.</summary>
        public long storage_offset() => Native.ht_storage_offset(Handle);

        /// <summary>Whether the elements lie in row-major order without gaps.</summary>
        public bool is_contiguous() => Native.ht_is_contiguous(Handle) != 0;

        /// <summary>Whether the memory is page-locked, so that copies to a GPU can be asynchronous.</summary>
        public bool is_pinned() => Native.ht_is_pinned(Handle) != 0;

        /// <summary>Whether operations on this tensor are recorded.</summary>
        public bool requires_grad
        {
            get => Native.ht_requires_grad(Handle) != 0;
            set => Native.Check(Native.ht_set_requires_grad(Handle, value ? 1 : 0));
        }

        /// <summary>Whether this tensor is no recorded operation's result.</summary>
        public bool is_leaf => Native.ht_is_leaf(Handle) != 0;

        /// <summary>The gradient that <see cref="backward()"/> accumulated, as a new reference, or null. Backward adds in place into a gradient that is set.</summary>
        public Tensor? grad
        {
            get
            {
                nint g = Native.ht_grad(Handle);
                return g == 0 ? null : new Tensor(g);
            }

            set => Native.Check(Native.ht_set_grad(Handle, value?.Handle ?? 0));
        }
    }
}
