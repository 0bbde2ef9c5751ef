using Harness.Torch.Interop;
using static TorchSharp.torch;

namespace Harness.Torch;

public static unsafe partial class TorchExtensions
{
    /// <summary>Writes a b into <paramref name="output"/>; no memory is allocated when the shapes fit. No gradient is recorded through it.</summary>
    public static void MatmulInto(Tensor output, Tensor a, Tensor b) => Native.Check(Native.ht_mm_out(output.Handle, a.Handle, b.Handle));

    /// <summary>Writes beta c + alpha a b into <paramref name="output"/>, which may be <paramref name="c"/>.</summary>
    public static void AddMatmulInto(Tensor output, Tensor c, Tensor a, Tensor b, double beta = 1, double alpha = 1) =>
        Native.Check(Native.ht_addmm_out(output.Handle, c.Handle, a.Handle, b.Handle, beta, alpha));

    /// <summary>Writes the products of two batches, [B, n, k] and [B, k, m], into <paramref name="output"/> [B, n, m].</summary>
    public static void BatchMatmulInto(Tensor output, Tensor a, Tensor b) => Native.Check(Native.ht_bmm_out(output.Handle, a.Handle, b.Handle));

    /// <summary>Writes beta c + alpha a b, batch by batch, into <paramref name="output"/>, which may be <paramref name="c"/>.</summary>
    public static void AddBatchMatmulInto(Tensor output, Tensor c, Tensor a, Tensor b, double beta = 1, double alpha = 1) =>
        Native.Check(Native.ht_baddbmm_out(output.Handle, c.Handle, a.Handle, b.Handle, beta, alpha));
}
