using Harness.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        /// <summary>Sum, element by element, with broadcasting.</summary>
        public Tensor add(Tensor target) => new(Native.ht_add(Handle, target.Handle, NativeScalar.One));

        /// <summary>Sum with <paramref name="target"/> times <paramref name="alpha"/>.</summary>
        public Tensor add(Tensor target, Scalar alpha) => new(Native.ht_add(Handle, target.Handle, alpha.Value));

        /// <summary>Sum with a number.</summary>
        public Tensor add(Scalar scalar) => new(Native.ht_add_scalar(Handle, scalar.Value, NativeScalar.One));

        /// <summary>Sum, in place.</summary>
        public Tensor add_(Tensor target) => Done(Native.ht_add_(Handle, target.Handle, NativeScalar.One));

        /// <summary>Sum with <paramref name="target"/> times <paramref name="alpha"/>, in place.</summary>
        public Tensor add_(Tensor target, Scalar alpha) => Done(Native.ht_add_(Handle, target.Handle, alpha.Value));

        /// <summary>Sum with a number, in place.</summary>
        public Tensor add_(Scalar scalar) => Done(Native.ht_add_scalar_(Handle, scalar.Value, NativeScalar.One));

        /// <summary>Difference, element by element, with broadcasting.</summary>
        public Tensor sub(Tensor target) => new(Native.ht_sub(Handle, target.Handle, NativeScalar.One));

        /// <summary>Difference with <paramref name="target"/> times <paramref name="alpha"/>.</summary>
        public Tensor sub(Tensor target, Scalar alpha) => new(Native.ht_sub(Handle, target.Handle, alpha.Value));

        /// <summary>Difference with a number.</summary>
        public Tensor sub(Scalar scalar) => new(Native.ht_sub_scalar(Handle, scalar.Value));

        /// <summary>Difference, in place.</summary>
        public Tensor sub_(Tensor target) => Done(Native.ht_sub_(Handle, target.Handle, NativeScalar.One));

        /// <summary>Difference with <paramref name="target"/> times <paramref name="alpha"/>, in place.</summary>
        public Tensor sub_(Tensor target, Scalar alpha) => Done(Native.ht_sub_(Handle, target.Handle, alpha.Value));

        /// <summary>Difference with a number, in place.</summary>
        public Tensor sub_(Scalar scalar) => Done(Native.ht_sub_scalar_(Handle, scalar.Value));

        /// <summary>Product, element by element, with broadcasting.</summary>
        public Tensor mul(Tensor target) => new(Native.ht_mul(Handle, target.Handle));

        /// <summary>Product with a number.</summary>
        public Tensor mul(Scalar scalar) => new(Native.ht_mul_scalar(Handle, scalar.Value));

        /// <summary>Product, in place.</summary>
        public Tensor mul_(Tensor target) => Done(Native.ht_mul_(Handle, target.Handle));

        /// <summary>Product with a number, in place.</summary>
        public Tensor mul_(Scalar scalar) => Done(Native.ht_mul_scalar_(Handle, scalar.Value));

        /// <summary>Quotient, element by element, with broadcasting.</summary>
        public Tensor div(Tensor target) => new(Native.ht_div(Handle, target.Handle));

        /// <summary>Quotient with a number.</summary>
        public Tensor div(Scalar scalar) => new(Native.ht_div_scalar(Handle, scalar.Value));

        /// <summary>Quotient, in place.</summary>
        public Tensor div_(Tensor target) => Done(Native.ht_div_(Handle, target.Handle));

        /// <summary>Quotient with a number, in place.</summary>
        public Tensor div_(Scalar scalar) => Done(Native.ht_div_scalar_(Handle, scalar.Value));

        /// <summary>This plus <paramref name="value"/> times <paramref name="tensor1"/> times <paramref name="tensor2"/>.</summary>
        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) => new(Native.ht_addcmul(Handle, tensor1.Handle, tensor2.Handle, value.Value));

        /// <summary>Adds <paramref name="value"/> times <paramref name="tensor1"/> times <paramref name="tensor2"/>, in place.</summary>
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) => Done(Native.ht_addcmul_(Handle, tensor1.Handle, tensor2.Handle, value.Value));

        /// <summary>This plus <paramref name="value"/> times <paramref name="tensor1"/> divided by <paramref name="tensor2"/>.</summary>
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) => new(Native.ht_addcdiv(Handle, tensor1.Handle, tensor2.Handle, value.Value));

        /// <summary>Adds <paramref name="value"/> times <paramref name="tensor1"/> divided by <paramref name="tensor2"/>, in place.</summary>
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) => Done(Native.ht_addcdiv_(Handle, tensor1.Handle, tensor2.Handle, value.Value));

        /// <summary>Moves by <paramref name="weight"/> of the way to <paramref name="end"/>, in place.</summary>
        public Tensor lerp_(Tensor end, Tensor weight) => Done(Native.ht_lerp_(Handle, end.Handle, weight.Handle));

        /// <summary>Power, element by element.</summary>
        public Tensor pow(Tensor exponent) => new(Native.ht_pow(Handle, exponent.Handle));

        /// <summary>Power, element by element.</summary>
        public Tensor pow(Scalar exponent) => new(Native.ht_pow_scalar(Handle, exponent.Value));

        /// <summary>Power, in place.</summary>
        public Tensor pow_(Tensor exponent) => Done(Native.ht_pow_(Handle, exponent.Handle));

        /// <summary>Power, in place.</summary>
        public Tensor pow_(Scalar exponent) => Done(Native.ht_pow_scalar_(Handle, exponent.Value));

        /// <summary>The larger of two, element by element; NaN wins.</summary>
        public Tensor maximum(Tensor other) => new(Native.ht_maximum(Handle, other.Handle));

        /// <summary>The smaller of two, element by element; NaN wins.</summary>
        public Tensor minimum(Tensor other) => new(Native.ht_minimum(Handle, other.Handle));

        /// <summary>At most <paramref name="max"/>.</summary>
        public Tensor clamp_max(Scalar max) => new(Native.ht_clamp_max_scalar(Handle, max.Value));

        /// <summary>At least <paramref name="min"/>.</summary>
        public Tensor clamp_min(Scalar min) => new(Native.ht_clamp_min_scalar(Handle, min.Value));

        /// <summary>Between two bounds; null leaves a side open.</summary>
        public Tensor clamp(Scalar? min = null, Scalar? max = null) =>
            new(Native.ht_clamp(Handle, min?.Value ?? default, max?.Value ?? default, (min is null ? 0 : 1) | (max is null ? 0 : 2)));

        /// <summary>Between two bounds, in place; null leaves a side open.</summary>
        public Tensor clamp_(Scalar? min = null, Scalar? max = null) =>
            Done(Native.ht_clamp_(Handle, min?.Value ?? default, max?.Value ?? default, (min is null ? 0 : 1) | (max is null ? 0 : 2)));

        /// <summary>Sets every element to zero.</summary>
        public Tensor zero_() => Done(Native.ht_zero_(Handle));

        /// <summary>Sets every element.</summary>
        public Tensor fill_(Scalar value) => Done(Native.ht_fill_(Handle, value.Value));
    }
}
