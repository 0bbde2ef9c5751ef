namespace Harness.Scaling;

/// <summary>A function with its gradient.</summary>
internal interface IDifferentiable
{
    /// <summary>Number of coordinates.</summary>
    int Dimension { get; }

    /// <summary>The value; its gradient is written.</summary>
    double Evaluate(ReadOnlySpan<double> x, Span<double> gradient);
}

/// <summary>
/// BFGS with a dense inverse Hessian and a bisecting weak-Wolfe line search, which also converges on the corners of least absolute deviations (Lewis and Overton 2013).
/// Allocates once; one instance serves one thread.
/// </summary>
internal sealed class QuasiNewton(IDifferentiable function)
{
    private readonly int p = function.Dimension;
    private readonly double[] h = new double[function.Dimension * function.Dimension];
    private readonly double[] g = new double[function.Dimension];
    private readonly double[] next = new double[function.Dimension];
    private readonly double[] nextG = new double[function.Dimension];
    private readonly double[] d = new double[function.Dimension];
    private readonly double[] y = new double[function.Dimension];
    private readonly double[] hy = new double[function.Dimension];

    /// <summary>Minimises from x, in place; returns the value reached (infinite if the start has none).</summary>
    /// <param name="x">Start; replaced by the end.</param>
    /// <param name="tolerance">Over when three steps in a row gain less than this share.</param>
    /// <param name="limit">Largest number of steps.</param>
    public double Minimise(Span<double> x, double tolerance = 1e-11, int limit = 300)
    {
        double f = function.Evaluate(x, g);
        if (!double.IsFinite(f))
        {
            return double.PositiveInfinity;
        }

        Reset(1 / Math.Max(Norm(g), 1e-300) * 0.5);
        bool fresh = true;
        int quiet = 0;
        for (int iteration = 0; iteration < limit; iteration++)
        {
            double slope = Direction();
            if (!(slope < 0))
            {
                if (fresh)
                {
                    return f;
                }

                Reset(1 / Math.Max(Norm(g), 1e-300) * 0.1);
                fresh = true;
                slope = Direction();
                if (!(slope < 0))
                {
                    return f;
                }
            }

            double step = Search(x, f, slope, out double after);
            if (step == 0)
            {
                if (fresh)
                {
                    return f;
                }

                Reset(1e-3 / Math.Max(Norm(g), 1e-300));
                fresh = true;
                continue;
            }

            Update(x, step, fresh);
            fresh = false;
            double gained = f - after;
            f = after;
            next.CopyTo(x);
            nextG.CopyTo(g, 0);
            quiet = gained <= tolerance * Math.Abs(f) ? quiet + 1 : 0;
            if (quiet >= 3 || f == 0)
            {
                return f;
            }
        }

        return f;
    }

    private static double Norm(ReadOnlySpan<double> v)
    {
        double sum = 0;
        foreach (double e in v)
        {
            sum += e * e;
        }

        return Math.Sqrt(sum);
    }

    private void Reset(double scale)
    {
        Array.Clear(h);
        for (int i = 0; i < p; i++)
        {
            h[(i * p) + i] = scale;
        }
    }

    private double Direction()
    {
        double slope = 0;
        for (int i = 0; i < p; i++)
        {
            double sum = 0;
            for (int k = 0; k < p; k++)
            {
                sum -= h[(i * p) + k] * g[k];
            }

            d[i] = sum;
            slope += sum * g[i];
        }

        return slope;
    }

    // Weak Wolfe: enough decrease, and a slope that has become flatter. Bisects an interval, doubling while there is no upper end.
    private double Search(ReadOnlySpan<double> x, double f, double slope, out double after)
    {
        double low = 0, high = double.PositiveInfinity, t = 1;
        double kept = 0;
        after = f;
        for (int i = 0; i < 40; i++)
        {
            for (int k = 0; k < p; k++)
            {
                next[k] = x[k] + (t * d[k]);
            }

            double value = function.Evaluate(next, nextG);
            if (!(value <= f + (1e-4 * t * slope)))
            {
                high = t;
            }
            else
            {
                kept = t;
                after = value;
                double along = 0;
                for (int k = 0; k < p; k++)
                {
                    along += nextG[k] * d[k];
                }

                if (along >= 0.9 * slope)
                {
                    return t;
                }

                low = t;
            }

            t = double.IsPositiveInfinity(high) ? 2 * low : 0.5 * (low + high);
            if (high - low < 1e-12 * high)
            {
                break;
            }
        }

        if (kept == 0)
        {
            return 0;
        }

        for (int k = 0; k < p; k++)
        {
            next[k] = x[k] + (kept * d[k]);
        }

        after = function.Evaluate(next, nextG);
        return kept;
    }

    private void Update(ReadOnlySpan<double> x, double step, bool fresh)
    {
        double sy = 0, yy = 0;
        for (int k = 0; k < p; k++)
        {
            y[k] = nextG[k] - g[k];
            sy += step * d[k] * y[k];
            yy += y[k] * y[k];
        }

        if (!(sy > 0) || !double.IsFinite(yy))
        {
            return;
        }

        if (fresh)
        {
            Reset(sy / yy);
        }

        double yhy = 0;
        for (int i = 0; i < p; i++)
        {
            double sum = 0;
            for (int k = 0; k < p; k++)
            {
                sum += h[(i * p) + k] * y[k];
            }

            hy[i] = sum;
            yhy += sum * y[i];
        }

        double first = (1 + (yhy / sy)) / sy;
        for (int i = 0; i < p; i++)
        {
            double si = next[i] - x[i];
            for (int k = 0; k < p; k++)
            {
                double sk = next[k] - x[k];
                h[(i * p) + k] += (first * si * sk) - (((hy[i] * sk) + (si * hy[k])) / sy);
            }
        }
    }
}
