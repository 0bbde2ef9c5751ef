using Harness.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public sealed unsafe partial class Tensor
    {
        /// <summary>The same data under another shape; one length may be -1.</summary>
        public Tensor view(params long[] shape)
        {
            fixed (long* p = shape)
            {
                return new(Native.ht_view(Handle, p, shape.Length));
            }
        }

        /// <summary>The elements under another shape: a view where possible, else a copy. One length may be -1.</summary>
        public Tensor reshape(params long[] shape)
        {
            fixed (long* p = shape)
            {
                return new(Native.ht_reshape(Handle, p, shape.Length));
            }
        }

        /// <summary>A view that repeats dimensions of length 1 without copying; -1 keeps a length.</summary>
        public Tensor expand(params long[] sizes)
        {
            fixed (long* p = sizes)
            {
                return new(Native.ht_expand(Handle, p, sizes.Length));
            }
        }

        /// <summary>A view with the dimensions in another order.</summary>
        public Tensor permute(params long[] permutation)
        {
            fixed (long* p = permutation)
            {
                return new(Native.ht_permute(Handle, p, permutation.Length));
            }
        }

        /// <summary>A copy repeated along each dimension.</summary>
        public Tensor repeat(params long[] sizes)
        {
            fixed (long* p = sizes)
            {
                return new(Native.ht_repeat(Handle, p, sizes.Length));
            }
        }

        /// <summary>A view with two dimensions exchanged.</summary>
        public Tensor transpose(long dim0, long dim1) => new(Native.ht_transpose(Handle, dim0, dim1));

        /// <summary>The transpose of a matrix, as a view.</summary>
        public Tensor t() => new(Native.ht_t(Handle));

        /// <summary>A view of <paramref name="length"/> elements of a dimension.</summary>
        public Tensor narrow(long dim, long start, long length) => new(Native.ht_narrow(Handle, dim, start, length));

        /// <summary>A view of every <paramref name="step"/>-th element of a dimension, from <paramref name="start"/> to before <paramref name="finish"/>.</summary>
        public Tensor slice(long dim, long start, long finish, long step) => new(Native.ht_slice(Handle, dim, start, finish, step));

        /// <summary>A view without a dimension: its element at <paramref name="index"/>.</summary>
        public Tensor select(long dim, long index) => new(Native.ht_select(Handle, dim, index));

        /// <summary>A view with one more dimension, of length 1.</summary>
        public Tensor unsqueeze(long dim) => new(Native.ht_unsqueeze(Handle, dim));

        /// <summary>A view without the dimensions of length 1, or without the one that is named.</summary>
        public Tensor squeeze(long? dim = null) => new(dim is { } d ? Native.ht_squeeze_dim(Handle, d) : Native.ht_squeeze(Handle));

        /// <summary>The dimensions from <paramref name="start_dim"/> to <paramref name="end_dim"/> as one.</summary>
        public Tensor flatten(long start_dim = 0, long end_dim = -1) => new(Native.ht_flatten(Handle, start_dim, end_dim));

        /// <summary>A view of the storage by lengths and strides, in elements.</summary>
        public Tensor as_strided(long[] size, long[] strides, long storageOffset = 0)
        {
            ArgumentNullException.ThrowIfNull(size);
            ArgumentNullException.ThrowIfNull(strides);
            ArgumentOutOfRangeException.ThrowIfNotEqual(strides.Length, size.Length);
            fixed (long* s = size)
            fixed (long* st = strides)
            {
                return new(Native.ht_as_strided(Handle, s, st, size.Length, storageOffset));
            }
        }

        /// <summary>Views of <paramref name="size"/> elements of a dimension each; the last may be shorter.</summary>
        public Tensor[] split(long size, int dim = 0)
        {
            nint[] parts = new nint[PartCount(dim, Math.Max(1, size))];
            fixed (nint* p = parts)
            {
                return Parts(parts, Native.ht_split(Handle, size, dim, p, parts.Length));
            }
        }

        /// <summary>Views of the given lengths along a dimension.</summary>
        public Tensor[] split(long[] sizes, long dim = 0)
        {
            ArgumentNullException.ThrowIfNull(sizes);
            nint[] parts = new nint[sizes.Length];
            fixed (nint* p = parts)
            fixed (long* s = sizes)
            {
                return Parts(parts, Native.ht_split_sizes(Handle, s, sizes.Length, dim, p, parts.Length));
            }
        }

        /// <summary>A dimension in at most <paramref name="chunks"/> equal views; the last may be shorter.</summary>
        public Tensor[] chunk(long chunks, long dim = 0)
        {
            nint[] parts = new nint[Math.Max(1, chunks)];
            fixed (nint* p = parts)
            {
                return Parts(parts, Native.ht_chunk(Handle, chunks, dim, p, parts.Length));
            }
        }

        /// <summary>The slices of a dimension that <paramref name="index"/> (Int64, one dimension) names.</summary>
        public Tensor index_select(long dim, Tensor index) => new(Native.ht_index_select(Handle, dim, index.Handle));

        /// <summary>The elements that <paramref name="index"/> (Int64) names along a dimension.</summary>
        public Tensor gather(long dim, Tensor index) => new(Native.ht_gather(Handle, dim, index.Handle));

        /// <summary>Writes <paramref name="src"/> to the places that <paramref name="index"/> (Int64) names along a dimension.</summary>
        public Tensor scatter_(long dim, Tensor index, Tensor src) => Done(Native.ht_scatter_(Handle, dim, index.Handle, src.Handle));

        /// <summary>Adds slices of <paramref name="source"/>, times <paramref name="alpha"/>, to the slices that <paramref name="index"/> names.</summary>
        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) =>
            Done(Native.ht_index_add_(Handle, dim, index.Handle, source.Handle, alpha.Value));

        /// <summary>A copy with <paramref name="value"/> where the mask is true.</summary>
        public Tensor masked_fill(Tensor mask, Scalar value) => new(Native.ht_masked_fill(Handle, mask.Handle, value.Value));

        /// <summary>Writes <paramref name="value"/> where the mask is true.</summary>
        public Tensor masked_fill_(Tensor mask, Scalar value) => Done(Native.ht_masked_fill_(Handle, mask.Handle, value.Value));

        /// <summary>The lower triangle; zero above the diagonal.</summary>
        public Tensor tril(long diagonal = 0) => new(Native.ht_tril(Handle, diagonal));

        /// <summary>The upper triangle; zero below the diagonal.</summary>
        public Tensor triu(long diagonal = 0) => new(Native.ht_triu(Handle, diagonal));

        private long PartCount(int dim, long length) => Math.Max(1, (size(dim) + length - 1) / length);

        private static Tensor[] Parts(nint[] handles, int count)
        {
            if (count < 0)
            {
                Native.Throw();
            }

            Tensor[] result = new Tensor[count];
            for (int i = 0; i < count; i++)
            {
                result[i] = new Tensor(handles[i]);
            }

            return result;
        }
    }
}
