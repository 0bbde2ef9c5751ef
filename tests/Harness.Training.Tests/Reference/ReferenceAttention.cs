namespace Harness.Training.Tests.Reference;

/// <summary>Causal attention over heads in double precision; q, k and v stand side by side in rows of 3 d.</summary>
internal sealed class ReferenceAttention(int batch, int context, int heads, int headDim, bool rotary, double scale)
{
    private readonly int _d = heads * headDim;

    /// <summary>Rotated queries and keys, and the attention weights of the last forward pass, for the backward pass.</summary>
    private double[] _rotated = [];
    private double[] _weights = [];

    /// <summary>[B T, 3 d] -> [B T, d].</summary>
    public double[] Forward(double[] qkv)
    {
        _rotated = (double[])qkv.Clone();
        if (rotary)
        {
            Rotate(_rotated, 1);
        }

        _weights = new double[batch * heads * context * context];
        var y = new double[batch * context * _d];
        for (var b = 0; b < batch; b++)
        {
            for (var h = 0; h < heads; h++)
            {
                for (var t = 0; t < context; t++)
                {
                    var w = _weights.AsSpan(((b * heads + h) * context + t) * context, context);
                    var sum = 0.0;
                    for (var s = 0; s <= t; s++)
                    {
                        w[s] = Math.Exp(scale * Dot(_rotated, At(b, t, 0, h), _rotated, At(b, s, 1, h)));
                        sum += w[s];
                    }

                    for (var s = 0; s <= t; s++)
                    {
                        w[s] /= sum;
                        for (var i = 0; i < headDim; i++)
                        {
                            y[(b * context + t) * _d + h * headDim + i] += w[s] * _rotated[At(b, s, 2, h) + i];
                        }
                    }
                }
            }
        }

        return y;
    }

    /// <summary>The gradient by qkv.</summary>
    public double[] Backward(double[] dy)
    {
        var d = new double[_rotated.Length];
        var dw = new double[context];
        for (var b = 0; b < batch; b++)
        {
            for (var h = 0; h < heads; h++)
            {
                for (var t = 0; t < context; t++)
                {
                    var w = _weights.AsSpan(((b * heads + h) * context + t) * context, context);
                    var row = (b * context + t) * _d + h * headDim;
                    var mean = 0.0;
                    for (var s = 0; s <= t; s++)
                    {
                        dw[s] = Dot(dy, row, _rotated, At(b, s, 2, h));
                        mean += w[s] * dw[s];
                    }

                    for (var s = 0; s <= t; s++)
                    {
                        var score = w[s] * (dw[s] - mean) * scale;
                        for (var i = 0; i < headDim; i++)
                        {
                            d[At(b, t, 0, h) + i] += score * _rotated[At(b, s, 1, h) + i];
                            d[At(b, s, 1, h) + i] += score * _rotated[At(b, t, 0, h) + i];
                            d[At(b, s, 2, h) + i] += w[s] * dy[row + i];
                        }
                    }
                }
            }
        }

        if (rotary)
        {
            Rotate(d, -1);
        }

        return d;
    }

    /// <summary>Turns the pair (i, i + headDim/2) of queries and keys by position * 10000^(-2i/headDim) (Su et al. 2021, eq. 15).</summary>
    private void Rotate(double[] qkv, int direction)
    {
        var half = headDim / 2;
        for (var b = 0; b < batch; b++)
        {
            for (var t = 0; t < context; t++)
            {
                for (var part = 0; part < 2; part++)
                {
                    for (var h = 0; h < heads; h++)
                    {
                        for (var i = 0; i < half; i++)
                        {
                            var angle = direction * t * Math.Pow(10000, -2.0 * i / headDim);
                            var first = At(b, t, part, h) + i;
                            var (x, y) = (qkv[first], qkv[first + half]);
                            qkv[first] = x * Math.Cos(angle) - y * Math.Sin(angle);
                            qkv[first + half] = x * Math.Sin(angle) + y * Math.Cos(angle);
                        }
                    }
                }
            }
        }
    }

    private int At(int b, int t, int part, int h) => (b * context + t) * 3 * _d + part * _d + h * headDim;

    private double Dot(double[] x, int i, double[] y, int j)
    {
        var sum = 0.0;
        for (var k = 0; k < headDim; k++)
        {
            sum += x[i + k] * y[j + k];
        }

        return sum;
    }
}
