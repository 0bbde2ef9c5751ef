namespace Harness.Scaling;

/// <summary>
/// Minimises sum_i rho_i(r_i + J_i d) + d'Bd/2 + c'd over d exactly, for penalties whose slope is bounded: rho(r) = max over -under &lt;= a &lt;= over of a r - h a^2/2.
/// h = 0 is (asymmetric) least absolute deviations, h = 1/weight is Huber. A primal-dual interior point method with Mehrotra's corrector (after Portnoy and Koenker 1997),
/// on the dual box, so that the cost is a p x p factorisation an iteration and the answer has no smoothing.
/// </summary>
internal sealed class ConvexStep(int rows, int dimension)
{
    private readonly double[] a = new double[rows];
    private readonly double[] u = new double[rows];
    private readonly double[] v = new double[rows];
    private readonly double[] da = new double[rows];
    private readonly double[] du = new double[rows];
    private readonly double[] dv = new double[rows];
    private readonly double[] g = new double[rows];
    private readonly double[] theta = new double[rows];
    private readonly double[] rd = new double[rows];
    private readonly double[] normal = new double[dimension * dimension];
    private readonly double[] dd = new double[dimension];
    private readonly double[] rp = new double[dimension];

    /// <summary>Derivative of the penalty at the solution, by row.</summary>
    public ReadOnlySpan<double> Dual => a;

    /// <summary>Solves; false when the normal equations break down.</summary>
    /// <param name="n">Rows in use.</param>
    /// <param name="p">Coordinates in use.</param>
    /// <param name="r">[n] residuals at d = 0.</param>
    /// <param name="j">[n, p] their slopes.</param>
    /// <param name="over">[n] positive.</param>
    /// <param name="under">[n] positive.</param>
    /// <param name="h">[n] non-negative.</param>
    /// <param name="b">[p, p] positive semi-definite.</param>
    /// <param name="c">[p].</param>
    /// <param name="d">[p], overwritten.</param>
    public bool Minimise(int n, int p, ReadOnlySpan<double> r, ReadOnlySpan<double> j, ReadOnlySpan<double> over, ReadOnlySpan<double> under, ReadOnlySpan<double> h, ReadOnlySpan<double> b, ReadOnlySpan<double> c, Span<double> d)
    {
        d.Clear();
        double size = 0, reach = 0;
        for (int i = 0; i < n; i++)
        {
            size += Math.Abs(r[i]);
            reach += over[i] + under[i];
        }

        size /= n;
        if (size == 0)
        {
            a.AsSpan(0, n).Clear();
            return true;
        }

        for (int i = 0; i < n; i++)
        {
            a[i] = 0.5 * (over[i] - under[i]);
            u[i] = Math.Max(r[i], 0) + (0.3 * size);
            v[i] = Math.Max(-r[i], 0) + (0.3 * size);
        }

        double scale = size * reach;
        for (int iteration = 0; iteration < 80; iteration++)
        {
            double gap = 0, dualError = 0;
            c[..p].CopyTo(rp);
            for (int i = 0; i < n; i++)
            {
                double fitted = r[i];
                for (int k = 0; k < p; k++)
                {
                    fitted += j[(i * p) + k] * d[k];
                    rp[k] += j[(i * p) + k] * a[i];
                }

                rd[i] = (h[i] * a[i]) + u[i] - v[i] - fitted;
                dualError += Math.Abs(rd[i]);
                gap += ((over[i] - a[i]) * u[i]) + ((a[i] + under[i]) * v[i]);
            }

            for (int k = 0; k < p; k++)
            {
                for (int l = 0; l < p; l++)
                {
                    rp[k] += b[(k * p) + l] * d[l];
                }
            }

            if (gap < 1e-12 * scale && dualError < 1e-10 * size * n)
            {
                return true;
            }

            if (!Normal(n, p, j, over, under, h, b))
            {
                return iteration > 3;
            }

            double mu = gap / (2 * n);
            Direction(n, p, j, over, under, 0, false);
            (double primal, double dual) = Reach(n, over, under);
            double after = 0;
            for (int i = 0; i < n; i++)
            {
                after += ((over[i] - a[i] - (primal * da[i])) * (u[i] + (dual * du[i]))) + ((a[i] + under[i] + (primal * da[i])) * (v[i] + (dual * dv[i])));
            }

            double ratio = after / gap;
            Direction(n, p, j, over, under, mu * ratio * ratio * ratio, true);
            (primal, dual) = Reach(n, over, under);
            // One step length where a quadratic part ties primal to dual; two would leave its equation unbalanced.
            double step = Math.Min(1, 0.9995 * Math.Min(primal, dual));
            if (!(step > 1e-14))
            {
                return iteration > 3;
            }

            for (int i = 0; i < n; i++)
            {
                a[i] += step * da[i];
                u[i] += step * du[i];
                v[i] += step * dv[i];
            }

            for (int k = 0; k < p; k++)
            {
                d[k] += step * dd[k];
            }
        }

        return true;
    }

    private bool Normal(int n, int p, ReadOnlySpan<double> j, ReadOnlySpan<double> over, ReadOnlySpan<double> under, ReadOnlySpan<double> h, ReadOnlySpan<double> b)
    {
        b[..(p * p)].CopyTo(normal);
        for (int i = 0; i < n; i++)
        {
            double t = 1 / (h[i] + (u[i] / (over[i] - a[i])) + (v[i] / (a[i] + under[i])));
            theta[i] = t;
            SymmetricMatrix.AddOuter(normal, j.Slice(i * p, p), t);
        }

        return SymmetricMatrix.Factor(normal, p);
    }

    private void Direction(int n, int p, ReadOnlySpan<double> j, ReadOnlySpan<double> over, ReadOnlySpan<double> under, double mu, bool corrected)
    {
        for (int k = 0; k < p; k++)
        {
            dd[k] = -rp[k];
        }

        for (int i = 0; i < n; i++)
        {
            double s = over[i] - a[i], t = a[i] + under[i];
            // The corrector's products of the predictor's steps: s falls as a rises.
            double targetU = corrected ? mu + (da[i] * du[i]) : mu;
            double targetV = corrected ? mu - (da[i] * dv[i]) : mu;
            g[i] = -rd[i] - ((targetU / s) - u[i]) + ((targetV / t) - v[i]);
            double weighted = theta[i] * g[i];
            for (int k = 0; k < p; k++)
            {
                dd[k] -= j[(i * p) + k] * weighted;
            }
        }

        SymmetricMatrix.Solve(normal, p, dd);
        for (int i = 0; i < n; i++)
        {
            double s = over[i] - a[i], t = a[i] + under[i];
            double targetU = corrected ? mu + (da[i] * du[i]) : mu;
            double targetV = corrected ? mu - (da[i] * dv[i]) : mu;
            double sum = g[i];
            for (int k = 0; k < p; k++)
            {
                sum += j[(i * p) + k] * dd[k];
            }

            da[i] = theta[i] * sum;
            du[i] = ((targetU + (u[i] * da[i])) / s) - u[i];
            dv[i] = ((targetV - (v[i] * da[i])) / t) - v[i];
        }
    }

    // The largest steps that keep a within its box, and u and v positive.
    private (double Primal, double Dual) Reach(int n, ReadOnlySpan<double> over, ReadOnlySpan<double> under)
    {
        double primal = 1 / 0.9995, dual = 1 / 0.9995;
        for (int i = 0; i < n; i++)
        {
            if (da[i] > 0)
            {
                primal = Math.Min(primal, (over[i] - a[i]) / da[i]);
            }
            else if (da[i] < 0)
            {
                primal = Math.Min(primal, -(a[i] + under[i]) / da[i]);
            }

            if (du[i] < 0)
            {
                dual = Math.Min(dual, -u[i] / du[i]);
            }

            if (dv[i] < 0)
            {
                dual = Math.Min(dual, -v[i] / dv[i]);
            }
        }

        return (primal, dual);
    }
}
