using Harness.Torch.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

public static unsafe partial class torch
{
    /// <summary>What neural networks are made of.</summary>
    public static class nn
    {
        /// <summary>How a loss of many elements becomes one number.</summary>
        public enum Reduction : long
        {
            /// <summary>It doesn't.</summary>
            None = 0,

            /// <summary>Their mean.</summary>
            Mean = 1,

            /// <summary>Their sum.</summary>
            Sum = 2,
        }

        /// <summary>Functions without state.</summary>
        public static class functional
        {
            /// <summary>input times the transpose of weights, plus bias: [.., in] by [out, in] gives [.., out].</summary>
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) =>
                new(Native.ht_linear(input.Handle, weights.Handle, bias?.Handle ?? 0));

            /// <summary>Zero mean and unit variance over the last dimensions, then scale and shift (Ba et al. 2016, 1607.06450).</summary>
            public static Tensor layer_norm(Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-05)
            {
                fixed (long* p = normalized_shape)
                {
                    return new(Native.ht_layer_norm(input.Handle, p, normalized_shape.Length, weight?.Handle ?? 0, bias?.Handle ?? 0, eps));
                }
            }

            /// <summary>x times the normal distribution function of x (1606.08415).</summary>
            public static Tensor gelu(Tensor x, bool inplace = false) => gelu(x, GELU.Approximate.none, inplace);

            /// <summary>GELU, exact or in its approximation by tanh.</summary>
            public static Tensor gelu(Tensor x, GELU.Approximate approximate, bool inplace = false)
            {
                using Tensor? result = inplace ? x.gelu(approximate) : null;
                return result is null ? x.gelu(approximate) : x.copy_(result);
            }

            /// <summary>x times its logistic function.</summary>
            public static Tensor silu(Tensor x, bool inplace = false)
            {
                using Tensor? result = inplace ? x.silu() : null;
                return result is null ? x.silu() : x.copy_(result);
            }

            /// <summary>exp(x) divided by its sum along a dimension.</summary>
            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

            /// <summary>The logarithm of softmax, computed without overflow.</summary>
            public static Tensor log_softmax(Tensor input, long dim, ScalarType? dtype = null) => input.log_softmax(dim, dtype);

            /// <summary>Minus the log-probability (nats) of each target (Int64) under the softmax of [.., V] logits.</summary>
            public static Tensor cross_entropy(Tensor input, Tensor target, Tensor? weight = null, long ignore_index = -100, Reduction reduction = Reduction.Mean, double label_smoothing = 0.0) =>
                new(Native.ht_cross_entropy(input.Handle, target.Handle, weight?.Handle ?? 0, ignore_index, (int)reduction, label_smoothing));

            /// <summary>Minus the given log-probability (nats) of each target (Int64).</summary>
            public static Tensor nll_loss(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean, long ignore_index = -100) =>
                new(Native.ht_nll_loss(input.Handle, target.Handle, weight?.Handle ?? 0, ignore_index, (int)reduction));

            /// <summary>Sets elements to zero with probability p, and scales the others by 1/(1-p), while training.</summary>
            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false)
            {
                using Tensor? result = inplace ? new(Native.ht_dropout(input.Handle, p, training ? 1 : 0)) : null;
                return result is null ? new(Native.ht_dropout(input.Handle, p, training ? 1 : 0)) : input.copy_(result);
            }

            /// <summary>Rows of zeros with a one at each index (Int64).</summary>
            public static Tensor one_hot(Tensor x, long num_classes = -1) => new(Native.ht_one_hot(x.Handle, num_classes));

            /// <summary>softmax(QK'/sqrt(d))V for [.., T, d] tensors (Vaswani et al. 2017, 1706.03762, eq. 1). The spelling of is_casual is TorchSharp's.</summary>
            public static Tensor scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask = null, double p = 0.0, bool is_casual = false) =>
                new(Native.ht_attention(query.Handle, key.Handle, value.Handle, attn_mask?.Handle ?? 0, p, is_casual ? 1 : 0));
        }
    }
}
