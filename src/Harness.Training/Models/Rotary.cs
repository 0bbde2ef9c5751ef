using static TorchSharp.torch;

namespace Harness.Training.Models;

/// <summary>
/// Rotary positions (Su et al. 2021, arXiv 2104.09864, eq. 15): units i and i + head_dim/2 of queries and keys turn by
/// t * 10000^(-2i/head_dim). Tables are computed in double precision once.
/// </summary>
internal sealed class Rotary : IDisposable
{
    private const double Base = 10000;

    /// <summary>Tables for positions 0 .. context - 1.</summary>
    public Rotary(int context, int headDim, ScalarType type, Device device)
    {
        var (cos, sin) = Table(context, headDim);
        using var scope = NewDisposeScope();
        Cos_1T1D = scope.Detach(tensor(cos, [1, context, 1, headDim / 2]).to(type, device));
        Sin_1T1D = scope.Detach(tensor(sin, [1, context, 1, headDim / 2]).to(type, device));
    }

    /// <summary>[1, T, 1, head_dim / 2].</summary>
    public Tensor Cos_1T1D { get; }

    /// <summary>[1, T, 1, head_dim / 2].</summary>
    public Tensor Sin_1T1D { get; }

    /// <summary>Cosines and sines, [context, headDim / 2] each.</summary>
    public static (float[] Cos, float[] Sin) Table(int context, int headDim)
    {
        var half = headDim / 2;
        var cos = new float[context * half];
        var sin = new float[context * half];
        for (var t = 0; t < context; t++)
        {
            for (var i = 0; i < half; i++)
            {
                var (s, c) = Math.SinCos(t * Math.Pow(Base, -2.0 * i / headDim));
                cos[t * half + i] = (float)c;
                sin[t * half + i] = (float)s;
            }
        }

        return (cos, sin);
    }

    /// <summary>Turns queries or keys, [B, T, H, head_dim].</summary>
    public Tensor Apply(Tensor x_BTHD)
    {
        var half = x_BTHD.shape[3] / 2;
        var first = x_BTHD.narrow(3, 0, half);
        var second = x_BTHD.narrow(3, half, half);
        return cat([first * Cos_1T1D - second * Sin_1T1D, first * Sin_1T1D + second * Cos_1T1D], 3);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Cos_1T1D.Dispose();
        Sin_1T1D.Dispose();
    }
}
