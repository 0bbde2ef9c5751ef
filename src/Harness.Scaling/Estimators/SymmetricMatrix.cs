using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Harness.Scaling;

/// <summary>Dense symmetric matrices of a handful of rows, stored [p, p] row by row. p is at most a dozen, so plain loops beat any library call.</summary>
internal static class SymmetricMatrix
{
    /// <summary>Adds weight times row row' to the lower triangle; what stands above the diagonal loses its meaning.</summary>
    /// <param name="a">[p, p].</param>
    /// <param name="row">[p].</param>
    /// <param name="weight">Of the product.</param>
    public static void AddOuter(Span<double> a, ReadOnlySpan<double> row, double weight)
    {
        int p = row.Length;
        ref double from = ref MemoryMarshal.GetReference(row);
        for (int k = 0; k < p; k++)
        {
            double scaled = weight * row[k];
            Span<double> line = a.Slice(k * p, p);
            ref double into = ref MemoryMarshal.GetReference(line);
            int l = 0;
            for (; l <= k && l + 4 <= p; l += 4)
            {
                (Vector256.LoadUnsafe(ref into, (nuint)l) + (Vector256.LoadUnsafe(ref from, (nuint)l) * scaled)).StoreUnsafe(ref into, (nuint)l);
            }

            for (; l <= k; l++)
            {
                line[l] += scaled * row[l];
            }
        }
    }

    /// <summary>Replaces the lower triangle by its Cholesky factor; false when the matrix is not positive definite.</summary>
    public static bool Factor(Span<double> a, int p)
    {
        for (int j = 0; j < p; j++)
        {
            double diagonal = a[(j * p) + j];
            for (int k = 0; k < j; k++)
            {
                diagonal -= a[(j * p) + k] * a[(j * p) + k];
            }

            if (!(diagonal > 0) || double.IsInfinity(diagonal))
            {
                return false;
            }

            double root = Math.Sqrt(diagonal);
            a[(j * p) + j] = root;
            for (int i = j + 1; i < p; i++)
            {
                double sum = a[(i * p) + j];
                for (int k = 0; k < j; k++)
                {
                    sum -= a[(i * p) + k] * a[(j * p) + k];
                }

                a[(i * p) + j] = sum / root;
            }
        }

        return true;
    }

    /// <summary>Solves in place with a factor from <see cref="Factor"/>.</summary>
    public static void Solve(ReadOnlySpan<double> factor, int p, Span<double> b)
    {
        for (int i = 0; i < p; i++)
        {
            double sum = b[i];
            for (int k = 0; k < i; k++)
            {
                sum -= factor[(i * p) + k] * b[k];
            }

            b[i] = sum / factor[(i * p) + i];
        }

        for (int i = p - 1; i >= 0; i--)
        {
            double sum = b[i];
            for (int k = i + 1; k < p; k++)
            {
                sum -= factor[(k * p) + i] * b[k];
            }

            b[i] = sum / factor[(i * p) + i];
        }
    }

    /// <summary>Eigenvalues and vectors by Jacobi rotations. On return a's diagonal holds the values and the columns of v the vectors.</summary>
    public static void Eigen(Span<double> a, Span<double> v, int p)
    {
        v.Clear();
        for (int i = 0; i < p; i++)
        {
            v[(i * p) + i] = 1;
        }

        for (int sweep = 0; sweep < 60; sweep++)
        {
            double off = 0, total = 0;
            for (int i = 0; i < p; i++)
            {
                for (int j = 0; j < p; j++)
                {
                    double square = a[(i * p) + j] * a[(i * p) + j];
                    total += square;
                    off += i == j ? 0 : square;
                }
            }

            if (!(off > 1e-30 * total))
            {
                return;
            }

            for (int i = 0; i < p; i++)
            {
                for (int j = i + 1; j < p; j++)
                {
                    Rotate(a, v, p, i, j);
                }
            }
        }
    }

    /// <summary>The inverse; false when the matrix is not positive definite.</summary>
    public static bool Invert(ReadOnlySpan<double> a, int p, Span<double> inverse)
    {
        double[] factor = a.ToArray();
        if (!Factor(factor, p))
        {
            return false;
        }

        var column = new double[p];
        for (int j = 0; j < p; j++)
        {
            Array.Clear(column);
            column[j] = 1;
            Solve(factor, p, column);
            for (int i = 0; i < p; i++)
            {
                inverse[(i * p) + j] = column[i];
            }
        }

        return true;
    }

    private static void Rotate(Span<double> a, Span<double> v, int p, int i, int j)
    {
        double aij = a[(i * p) + j];
        if (aij == 0)
        {
            return;
        }

        double theta = (a[(j * p) + j] - a[(i * p) + i]) / (2 * aij);
        double t = Math.CopySign(1, theta) / (Math.Abs(theta) + Math.Sqrt((theta * theta) + 1));
        double c = 1 / Math.Sqrt((t * t) + 1), s = t * c;
        for (int k = 0; k < p; k++)
        {
            double aki = a[(k * p) + i], akj = a[(k * p) + j];
            a[(k * p) + i] = (c * aki) - (s * akj);
            a[(k * p) + j] = (s * aki) + (c * akj);
        }

        for (int k = 0; k < p; k++)
        {
            double aik = a[(i * p) + k], ajk = a[(j * p) + k];
            a[(i * p) + k] = (c * aik) - (s * ajk);
            a[(j * p) + k] = (s * aik) + (c * ajk);
            double vki = v[(k * p) + i], vkj = v[(k * p) + j];
            v[(k * p) + i] = (c * vki) - (s * vkj);
            v[(k * p) + j] = (s * vki) + (c * vkj);
        }
    }
}
