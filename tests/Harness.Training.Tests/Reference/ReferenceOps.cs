namespace Harness.Training.Tests.Reference;

/// <summary>
/// Forward and backward pairs of everything a transformer is made of, as plain loops in double precision, written from the formulas and
/// independent of any tensor library. Matrices are row-major; backward passes ADD into their gradient arguments.
/// </summary>
internal static class ReferenceOps
{
    public const double NormEpsilon = 1e-5;

    /// <summary>y[n, o] = sum_i x[n, i] w[o, i] + b[o].</summary>
    public static double[] Linear(double[] x, ReadOnlySpan<double> w, ReadOnlySpan<double> b, int n, int inputs, int outputs)
    {
        var y = new double[n * outputs];
        for (var r = 0; r < n; r++)
        {
            for (var o = 0; o < outputs; o++)
            {
                var sum = b.IsEmpty ? 0 : b[o];
                for (var i = 0; i < inputs; i++)
                {
                    sum += x[r * inputs + i] * w[o * inputs + i];
                }

                y[r * outputs + o] = sum;
            }
        }

        return y;
    }

    public static double[] LinearBackward(
        double[] dy, double[] x, ReadOnlySpan<double> w, Span<double> dw, Span<double> db, int n, int inputs, int outputs)
    {
        var dx = new double[n * inputs];
        for (var r = 0; r < n; r++)
        {
            for (var o = 0; o < outputs; o++)
            {
                var g = dy[r * outputs + o];
                if (!db.IsEmpty)
                {
                    db[o] += g;
                }

                for (var i = 0; i < inputs; i++)
                {
                    dx[r * inputs + i] += g * w[o * inputs + i];
                    dw[o * inputs + i] += g * x[r * inputs + i];
                }
            }
        }

        return dx;
    }

    /// <summary>(x - mean) / sqrt(var + eps) * gain + bias, variance over d, not d - 1 (Ba et al. 2016).</summary>
    public static double[] LayerNorm(double[] x, ReadOnlySpan<double> gain, ReadOnlySpan<double> bias, int n, int d)
    {
        var y = new double[n * d];
        for (var r = 0; r < n; r++)
        {
            var (mean, scale) = Moments(x, r, d);
            for (var i = 0; i < d; i++)
            {
                y[r * d + i] = (x[r * d + i] - mean) * scale * gain[i] + (bias.IsEmpty ? 0 : bias[i]);
            }
        }

        return y;
    }

    public static double[] LayerNormBackward(double[] dy, double[] x, ReadOnlySpan<double> gain, Span<double> dgain, Span<double> dbias, int n, int d)
    {
        var dx = new double[n * d];
        for (var r = 0; r < n; r++)
        {
            var (mean, scale) = Moments(x, r, d);
            double sum = 0, dot = 0;
            for (var i = 0; i < d; i++)
            {
                var normal = (x[r * d + i] - mean) * scale;
                var g = dy[r * d + i] * gain[i];
                sum += g;
                dot += g * normal;
                dgain[i] += dy[r * d + i] * normal;
                if (!dbias.IsEmpty)
                {
                    dbias[i] += dy[r * d + i];
                }
            }

            for (var i = 0; i < d; i++)
            {
                var normal = (x[r * d + i] - mean) * scale;
                dx[r * d + i] = scale * (dy[r * d + i] * gain[i] - sum / d - normal * dot / d);
            }
        }

        return dx;
    }

    /// <summary>x / sqrt(mean(x^2) + eps) * gain (Zhang and Sennrich 2019).</summary>
    public static double[] RmsNorm(double[] x, ReadOnlySpan<double> gain, int n, int d)
    {
        var y = new double[n * d];
        for (var r = 0; r < n; r++)
        {
            var scale = RootMeanSquare(x, r, d);
            for (var i = 0; i < d; i++)
            {
                y[r * d + i] = x[r * d + i] * scale * gain[i];
            }
        }

        return y;
    }

    public static double[] RmsNormBackward(double[] dy, double[] x, ReadOnlySpan<double> gain, Span<double> dgain, int n, int d)
    {
        var dx = new double[n * d];
        for (var r = 0; r < n; r++)
        {
            var scale = RootMeanSquare(x, r, d);
            double dot = 0;
            for (var i = 0; i < d; i++)
            {
                dot += dy[r * d + i] * gain[i] * x[r * d + i];
                dgain[i] += dy[r * d + i] * x[r * d + i] * scale;
            }

            for (var i = 0; i < d; i++)
            {
                dx[r * d + i] = scale * dy[r * d + i] * gain[i] - scale * scale * scale * x[r * d + i] * dot / d;
            }
        }

        return dx;
    }

    public static double Gelu(double x) => 0.5 * x * (1 + Erf(x / Math.Sqrt(2)));

    public static double GeluDerivative(double x) =>
        0.5 * (1 + Erf(x / Math.Sqrt(2))) + x * Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI);

    public static double Silu(double x) => x / (1 + Math.Exp(-x));

    public static double SiluDerivative(double x)
    {
        var s = 1 / (1 + Math.Exp(-x));
        return s * (1 + x * (1 - s));
    }

    /// <summary>The error function: its Maclaurin series below 3, the continued fraction of erfc above (Abramowitz and Stegun 7.1.5, 7.1.14).</summary>
    public static double Erf(double x)
    {
        var a = Math.Abs(x);
        if (a < 3)
        {
            double term = x, sum = x;
            for (var n = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
            {
                term *= -x * x / n;
                sum += term / (2 * n + 1);
            }

            return 2 / Math.Sqrt(Math.PI) * sum;
        }

        double tail = 0;
        for (var k = 60; k > 0; k--)
        {
            tail = k / 2.0 / (a + tail);
        }

        return Math.Sign(x) * (1 - Math.Exp(-a * a) / Math.Sqrt(Math.PI) / (a + tail));
    }

    private static (double Mean, double Scale) Moments(double[] x, int row, int d)
    {
        var mean = 0.0;
        for (var i = 0; i < d; i++)
        {
            mean += x[row * d + i] / d;
        }

        var variance = 0.0;
        for (var i = 0; i < d; i++)
        {
            variance += (x[row * d + i] - mean) * (x[row * d + i] - mean) / d;
        }

        return (mean, 1 / Math.Sqrt(variance + NormEpsilon));
    }

    private static double RootMeanSquare(double[] x, int row, int d)
    {
        var square = 0.0;
        for (var i = 0; i < d; i++)
        {
            square += x[row * d + i] * x[row * d + i] / d;
        }

        return 1 / Math.Sqrt(square + NormEpsilon);
    }
}
