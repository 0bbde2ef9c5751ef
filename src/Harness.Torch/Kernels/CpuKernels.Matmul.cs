using Harness.Torch.Interop;
using static TorchSharp.torch;

namespace Harness.Torch;

public static unsafe partial class CpuKernels
{
    /// <summary>Whether <see cref="BlasMultiply"/> calls the BLAS that libtorch loaded directly; if not, it goes through libtorch.</summary>
    public static bool CallsBlas => Native.ht_sgemm_is_blas() != 0;

    /// <summary>c = alpha op(a) op(b) + (c or bias or 0), where op is the transpose if so marked.</summary>
    /// <remarks>
    /// Our own product, made for thousands of rows against small matrices: on a Zen 4 core 105 to 115 GFLOP/s of 118 at widths 64 to 256, where
    /// OpenBLAS 0.3.21 does 90 to 100. For a transposed a (the gradient of a weight) both do about 95.
    /// </remarks>
    /// <param name="c">[m, n], written, or added to where <paramref name="accumulate"/> is set.</param>
    /// <param name="a">[m, k], or [k, m] if transposed. Leading dimensions count as rows.</param>
    /// <param name="transposeA">Use the transpose of a.</param>
    /// <param name="b">[k, n], or [n, k] if transposed (a weight [out, in]).</param>
    /// <param name="transposeB">Use the transpose of b.</param>
    /// <param name="accumulate">Add to c.</param>
    /// <param name="bias">[n], added to every row, or null; not together with <paramref name="accumulate"/>.</param>
    /// <param name="alpha">Factor of the product.</param>
    public static void Multiply(Tensor c, Tensor a, bool transposeA, Tensor b, bool transposeB, bool accumulate = false, Tensor? bias = null, double alpha = 1)
    {
        if (accumulate && bias is not null)
        {
            throw new ArgumentException("A product that adds to c takes no bias.", nameof(bias));
        }

        Product p = Check(c, a, transposeA, b, transposeB);
        Native.ht_k_gemm(
            p.C, p.N, p.A, transposeA ? 1 : p.K, transposeA ? p.M : 1, p.B, transposeB ? 1 : p.N, transposeB ? p.K : 1, p.M, p.N, p.K, (float)alpha, accumulate ? 1 : 0, FloatsOrNull(bias, p.N));
    }

    /// <summary>c = alpha op(a) op(b) + beta c by the BLAS that libtorch uses; parameters as in <see cref="Multiply"/>.</summary>
    public static void BlasMultiply(Tensor c, Tensor a, bool transposeA, Tensor b, bool transposeB, double beta = 0, double alpha = 1)
    {
        Product p = Check(c, a, transposeA, b, transposeB);
        Native.Check(Native.ht_sgemm(
            transposeA ? 1 : 0, transposeB ? 1 : 0, p.M, p.N, p.K, (float)alpha, p.A, transposeA ? p.M : p.K, p.B, transposeB ? p.K : p.N, (float)beta, p.C, p.N));
    }

    private static Product Check(Tensor c, Tensor a, bool transposeA, Tensor b, bool transposeB)
    {
        long n = c.size(-1), m = Rows(c, n), k = transposeA ? Rows(a, a.size(-1)) : a.size(-1);
        long am = transposeA ? a.size(-1) : Rows(a, k), bk = transposeB ? b.size(-1) : Rows(b, b.size(-1)), bn = transposeB ? Rows(b, b.size(-1)) : b.size(-1);
        if (am != m || bk != k || bn != n)
        {
            throw new ArgumentException($"The product of {am} x {k} and {bk} x {bn} doesn't fit {m} x {n}.");
        }

        return new Product(Floats(c, m * n), Floats(a, m * k), Floats(b, k * n), m, n, k);
    }

    private readonly ref struct Product(float* c, float* a, float* b, long m, long n, long k)
    {
        internal readonly float* C = c, A = a, B = b;
        internal readonly long M = m, N = n, K = k;
    }
}
