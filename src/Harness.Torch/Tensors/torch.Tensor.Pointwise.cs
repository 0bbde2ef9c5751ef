using Harness.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        /// <summary>Square root, element by element.</summary>
        public Tensor sqrt() => new(Native.ht_sqrt(Handle));

        /// <summary>Square root, in place.</summary>
        public Tensor sqrt_() => Done(Native.ht_sqrt_(Handle));

        /// <summary>One over the square root, element by element.</summary>
        public Tensor rsqrt() => new(Native.ht_rsqrt(Handle));

        /// <summary>One over the square root, in place.</summary>
        public Tensor rsqrt_() => Done(Native.ht_rsqrt_(Handle));

        /// <summary>Exponential, element by element.</summary>
        public Tensor exp() => new(Native.ht_exp(Handle));

        /// <summary>Exponential, in place.</summary>
        public Tensor exp_() => Done(Native.ht_exp_(Handle));

        /// <summary>Natural logarithm, element by element.</summary>
        public Tensor log() => new(Native.ht_log(Handle));

        /// <summary>Natural logarithm, in place.</summary>
        public Tensor log_() => Done(Native.ht_log_(Handle));

        /// <summary>Natural logarithm of one plus this, element by element.</summary>
        public Tensor log1p() => new(Native.ht_log1p(Handle));

        /// <summary>Natural logarithm of one plus this, in place.</summary>
        public Tensor log1p_() => Done(Native.ht_log1p_(Handle));

        /// <summary>Hyperbolic tangent, element by element.</summary>
        public Tensor tanh() => new(Native.ht_tanh(Handle));

        /// <summary>Hyperbolic tangent, in place.</summary>
        public Tensor tanh_() => Done(Native.ht_tanh_(Handle));

        /// <summary>Negative, element by element.</summary>
        public Tensor neg() => new(Native.ht_neg(Handle));

        /// <summary>Negative, in place.</summary>
        public Tensor neg_() => Done(Native.ht_neg_(Handle));

        /// <summary>Logistic function, element by element.</summary>
        public Tensor sigmoid() => new(Native.ht_sigmoid(Handle));

        /// <summary>Logistic function, in place.</summary>
        public Tensor sigmoid_() => Done(Native.ht_sigmoid_(Handle));

        /// <summary>Absolute value, element by element.</summary>
        public Tensor abs() => new(Native.ht_abs(Handle));

        /// <summary>Absolute value, in place.</summary>
        public Tensor abs_() => Done(Native.ht_abs_(Handle));

        /// <summary>Positive part, element by element.</summary>
        public Tensor relu() => new(Native.ht_relu(Handle));

        /// <summary>Positive part, in place.</summary>
        public Tensor relu_() => Done(Native.ht_relu_(Handle));

        /// <summary>Square, element by element.</summary>
        public Tensor square() => new(Native.ht_square(Handle));

        /// <summary>Square, in place.</summary>
        public Tensor square_() => Done(Native.ht_square_(Handle));

        /// <summary>One over this, element by element.</summary>
        public Tensor reciprocal() => new(Native.ht_reciprocal(Handle));

        /// <summary>One over this, in place.</summary>
        public Tensor reciprocal_() => Done(Native.ht_reciprocal_(Handle));

        /// <summary>Sine, element by element.</summary>
        public Tensor sin() => new(Native.ht_sin(Handle));

        /// <summary>Sine, in place.</summary>
        public Tensor sin_() => Done(Native.ht_sin_(Handle));

        /// <summary>Cosine, element by element.</summary>
        public Tensor cos() => new(Native.ht_cos(Handle));

        /// <summary>Cosine, in place.</summary>
        public Tensor cos_() => Done(Native.ht_cos_(Handle));

        /// <summary>Error function, element by element.</summary>
        public Tensor erf() => new(Native.ht_erf(Handle));

        /// <summary>Error function, in place.</summary>
        public Tensor erf_() => Done(Native.ht_erf_(Handle));

        /// <summary>Largest integer below, element by element.</summary>
        public Tensor floor() => new(Native.ht_floor(Handle));

        /// <summary>Largest integer below, in place.</summary>
        public Tensor floor_() => Done(Native.ht_floor_(Handle));

        /// <summary>Whether each element is neither infinite nor NaN.</summary>
        public Tensor isfinite() => new(Native.ht_isfinite(Handle));

        /// <summary>Whether each element is NaN.</summary>
        public Tensor isnan() => new(Native.ht_isnan(Handle));

        /// <summary>Whether each element is zero or false.</summary>
        public Tensor logical_not() => new(Native.ht_logical_not(Handle));

        /// <summary>Whether both are true, element by element.</summary>
        public Tensor logical_and(Tensor other) => new(Native.ht_logical_and(Handle, other.Handle));

        /// <summary>Whether one is true, element by element.</summary>
        public Tensor logical_or(Tensor other) => new(Native.ht_logical_or(Handle, other.Handle));

        /// <summary>Whether each element is equal.</summary>
        public Tensor eq(Tensor target) => new(Native.ht_eq(Handle, target.Handle));

        /// <summary>Whether each element is equal.</summary>
        public Tensor eq(Scalar target) => new(Native.ht_eq_scalar(Handle, target.Value));

        /// <summary>Whether each element is different.</summary>
        public Tensor ne(Tensor target) => new(Native.ht_ne(Handle, target.Handle));

        /// <summary>Whether each element is different.</summary>
        public Tensor ne(Scalar target) => new(Native.ht_ne_scalar(Handle, target.Value));

        /// <summary>Whether each element is smaller.</summary>
        public Tensor lt(Tensor target) => new(Native.ht_lt(Handle, target.Handle));

        /// <summary>Whether each element is smaller.</summary>
        public Tensor lt(Scalar target) => new(Native.ht_lt_scalar(Handle, target.Value));

        /// <summary>Whether each element is not larger.</summary>
        public Tensor le(Tensor target) => new(Native.ht_le(Handle, target.Handle));

        /// <summary>Whether each element is not larger.</summary>
        public Tensor le(Scalar target) => new(Native.ht_le_scalar(Handle, target.Value));

        /// <summary>Whether each element is larger.</summary>
        public Tensor gt(Tensor target) => new(Native.ht_gt(Handle, target.Handle));

        /// <summary>Whether each element is larger.</summary>
        public Tensor gt(Scalar target) => new(Native.ht_gt_scalar(Handle, target.Value));

        /// <summary>Whether each element is not smaller.</summary>
        public Tensor ge(Tensor target) => new(Native.ht_ge(Handle, target.Handle));

        /// <summary>Whether each element is not smaller.</summary>
        public Tensor ge(Scalar target) => new(Native.ht_ge_scalar(Handle, target.Value));
    }
}
