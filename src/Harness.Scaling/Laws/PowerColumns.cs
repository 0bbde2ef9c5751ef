using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Harness.Scaling;

/// <summary>The logarithms that a <see cref="PowerTermsLaw"/> needs, by term and shape parameter, and its basis functions from them, four rows at a time.</summary>
internal sealed class PowerColumns : BoundBasis
{
    private readonly int q;
    private readonly int[] signs;

    public PowerColumns(PowerTermsLaw law, Points points)
    {
        Count = points.Count;
        q = law.ShapeCount;
        signs = [.. Enumerable.Range(0, law.Terms.Count).Select(law.SignOf)];
        Padded = (Count + 3) / 4 * 4;
        double[][] logs = [.. law.Variables.Select(v => RowMajor.Column(points, law, v).Select(x => Math.Log(x)).ToArray())];
        Exponents = new double[law.Terms.Count][][];
        for (int k = 0; k < law.Terms.Count; k++)
        {
            Exponents[k] = new double[q][];
            for (int j = 0; j < q; j++)
            {
                PowerFactor[] factors = [.. law.Terms[k].Where(f => f.Shape == j)];
                if (factors.Length == 0)
                {
                    continue;
                }

                var column = new double[Padded];
                foreach (PowerFactor factor in factors)
                {
                    for (int i = 0; i < Count; i++)
                    {
                        column[i] += factor.Sign * logs[factor.Variable][i];
                    }
                }

                Exponents[k][j] = column;
            }
        }
    }

    /// <summary>Number of rows, padded to whole vectors.</summary>
    public int Padded { get; }

    public override int Count { get; }

    /// <summary>[K][Q]: d log phi_k / dq_j of every row, padded with zeros; null where the term has no such factor.</summary>
    public double[]?[][] Exponents { get; }

    public override void Evaluate(ReadOnlySpan<double> shape, Span<double> basis)
    {
        int k = Exponents.Length;
        double[] column = System.Buffers.ArrayPool<double>.Shared.Rent(Padded);
        for (int term = 0; term < k; term++)
        {
            Term(term, shape, column.AsSpan(0, Padded));
            for (int i = 0; i < Count; i++)
            {
                basis[(i * k) + term] = signs[term] * column[i];
            }
        }

        System.Buffers.ArrayPool<double>.Shared.Return(column);
    }

    public override void Gradient(ReadOnlySpan<double> shape, Span<double> basis, Span<double> derivative)
    {
        Evaluate(shape, basis);
        int k = Exponents.Length;
        for (int term = 0; term < k; term++)
        {
            for (int j = 0; j < q; j++)
            {
                double[]? exponent = Exponents[term][j];
                for (int i = 0; i < Count; i++)
                {
                    derivative[(((i * k) + term) * q) + j] = exponent is null ? 0 : exponent[i] * basis[(i * k) + term];
                }
            }
        }
    }

    public override bool Depends(int k, int q) => Exponents[k][q] is not null;

    private void Term(int term, ReadOnlySpan<double> shape, Span<double> column)
    {
        column.Clear();
        Span<Vector256<double>> sums = MemoryMarshal.Cast<double, Vector256<double>>(column);
        bool constant = true;
        for (int j = 0; j < q; j++)
        {
            if (Exponents[term][j] is { } exponent)
            {
                constant = false;
                ReadOnlySpan<Vector256<double>> logs = MemoryMarshal.Cast<double, Vector256<double>>(exponent);
                for (int i = 0; i < sums.Length; i++)
                {
                    sums[i] += logs[i] * shape[j];
                }
            }
        }

        if (constant)
        {
            column.Fill(1);
            return;
        }

        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] = Vector256.Exp(sums[i]);
        }
    }
}
