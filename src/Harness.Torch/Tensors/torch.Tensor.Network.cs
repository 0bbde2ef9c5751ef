using Harness.Torch.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        /// <summary>Matrix product; leading dimensions are a batch and broadcast.</summary>
        public Tensor matmul(Tensor target) => new(Native.ht_matmul(Handle, target.Handle));

        /// <summary>Product of two matrices.</summary>
        public Tensor mm(Tensor target) => new(Native.ht_mm(Handle, target.Handle));

        /// <summary>Products of two batches of matrices, [B, n, k] and [B, k, m].</summary>
        public Tensor bmm(Tensor batch2) => new(Native.ht_bmm(Handle, batch2.Handle));

        /// <summary><paramref name="beta"/> times this plus <paramref name="alpha"/> times the product of two matrices.</summary>
        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) => new(Native.ht_addmm(Handle, mat1.Handle, mat2.Handle, beta, alpha));

        /// <summary><paramref name="beta"/> times this plus <paramref name="alpha"/> times the product of two matrices, in place.</summary>
        public Tensor addmm_(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) => Done(Native.ht_addmm_(Handle, mat1.Handle, mat2.Handle, beta, alpha));

        /// <summary><paramref name="beta"/> times this plus <paramref name="alpha"/> times the products of two batches of matrices.</summary>
        public Tensor baddbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) => new(Native.ht_baddbmm(Handle, batch1.Handle, batch2.Handle, beta, alpha));

        /// <summary>exp(x) divided by its sum along a dimension.</summary>
        public Tensor softmax(long dim, ScalarType? dtype = null) => new(Native.ht_softmax(Handle, dim, Code(dtype)));

        /// <summary>The logarithm of <see cref="softmax"/>, computed without overflow.</summary>
        public Tensor log_softmax(long dim, ScalarType? dtype = null) => new(Native.ht_log_softmax(Handle, dim, Code(dtype)));

        /// <summary>x times the normal distribution function of x (Hendrycks and Gimpel 2016, 1606.08415).</summary>
        public Tensor gelu() => new(Native.ht_gelu(Handle, 0));

        /// <summary>GELU, exact or in its approximation by tanh (1606.08415, section 2).</summary>
        public Tensor gelu(GELU.Approximate approximate) => new(Native.ht_gelu(Handle, approximate == GELU.Approximate.tanh ? 1 : 0));

        /// <summary>x times its logistic function (Swish with beta 1).</summary>
        public Tensor silu() => new(Native.ht_silu(Handle));
    }
}
