using Harness.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public sealed unsafe partial class Tensor
    {
        /// <summary>The sum of all elements.</summary>
        public Tensor sum(ScalarType? type = null) => new(Native.ht_sum(Handle, Code(type)));

        /// <summary>The sum along a dimension.</summary>
        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) =>
            new(Native.ht_sum_dims(Handle, &dim, 1, keepdim ? 1 : 0, Code(type)));

        /// <summary>The sum along several dimensions.</summary>
        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null)
        {
            fixed (long* p = dim)
            {
                return new(Native.ht_sum_dims(Handle, p, dim.Length, keepdim ? 1 : 0, Code(type)));
            }
        }

        /// <summary>The mean of all elements.</summary>
        public Tensor mean() => new(Native.ht_mean(Handle, -1));

        /// <summary>The mean along several dimensions.</summary>
        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null)
        {
            fixed (long* p = dimensions)
            {
                return new(Native.ht_mean_dims(Handle, p, dimensions.Length, keepdim ? 1 : 0, Code(type)));
            }
        }

        /// <summary>The p-norm of all elements, on the tensor's device.</summary>
        public Tensor norm(float p = 2.0f) => new(Native.ht_norm(Handle, p));

        /// <summary>The p-norm along a dimension.</summary>
        public Tensor norm(int dim, bool keepdim = false, float p = 2.0f) => new(Native.ht_norm_dim(Handle, dim, keepdim ? 1 : 0, p));

        /// <summary>The largest element.</summary>
        public Tensor max() => new(Native.ht_max(Handle));

        /// <summary>The smallest element.</summary>
        public Tensor min() => new(Native.ht_min(Handle));

        /// <summary>The largest elements along several dimensions.</summary>
        public Tensor amax(long[] dims, bool keepdim = false, Tensor? @out = null)
        {
            fixed (long* p = dims)
            {
                Tensor result = new(Native.ht_amax(Handle, p, dims.Length, keepdim ? 1 : 0));
                if (@out is null)
                {
                    return result;
                }

                @out.copy_(result);
                result.Dispose();
                return @out;
            }
        }

        /// <summary>The place (Int64) of the largest element, counted in row-major order.</summary>
        public Tensor argmax() => new(Native.ht_argmax(Handle));

        /// <summary>The places (Int64) of the largest elements along a dimension.</summary>
        public Tensor argmax(long dim, bool keepdim = false) => new(Native.ht_argmax_dim(Handle, dim, keepdim ? 1 : 0));

        /// <summary>log(sum(exp(x))) along a dimension, without overflow.</summary>
        public Tensor logsumexp(long dim, bool keepdim = false) => new(Native.ht_logsumexp(Handle, dim, keepdim ? 1 : 0));

        /// <summary>The running sum along a dimension.</summary>
        public Tensor cumsum(long dim, ScalarType? type = null) => new(Native.ht_cumsum(Handle, dim, Code(type)));

        /// <summary>Whether every element is true.</summary>
        public Tensor all() => new(Native.ht_all(Handle));

        /// <summary>Whether an element is true.</summary>
        public Tensor any() => new(Native.ht_any(Handle));

        /// <summary>The k largest (or smallest) elements along a dimension, and their places (Int64).</summary>
        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true)
        {
            nint* pair = stackalloc nint[2];
            Native.Check(Native.ht_topk(Handle, k, dim, largest ? 1 : 0, sorted ? 1 : 0, pair));
            return (new Tensor(pair[0]), new Tensor(pair[1]));
        }

        internal static int Code(ScalarType? type) => type is { } t ? (int)t : -1;
    }
}
