using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Harness.Scaling;

/// <summary>The basis functions of <see cref="Precision"/>, four rows at a time. Bits take few values, so what each value keeps is looked up, not computed.</summary>
internal sealed class PrecisionColumns : BoundBasis
{
    private const int K = 4;
    private const int Q = 8;
    private readonly double[][] bits = new double[3][];
    private readonly int[][] bitsOf = new int[3][];
    private readonly Vector256<double>[] logN;
    private readonly Vector256<double>[] logD;
    private readonly Vector256<double>[] post;
    private readonly Vector256<double>[] quantised;

    public PrecisionColumns(Precision law, Points points)
    {
        Count = points.Count;
        logN = Padded(RowMajor.Column(points, law, "n").Select(n => Math.Log(n)));
        logD = Padded(RowMajor.Column(points, law, "d").Select(d => Math.Log(d)));
        double[] after = RowMajor.Column(points, law, "p_post");
        post = Padded(after.Select(p => double.IsFinite(p) ? p : 0));
        quantised = Padded(after.Select(p => double.IsFinite(p) ? 1.0 : 0));
        string[] columns = ["p_w", "p_a", "p_kv"];
        for (int b = 0; b < 3; b++)
        {
            double[] column = RowMajor.Column(points, law, columns[b]);
            bits[b] = [.. column.Distinct()];
            bitsOf[b] = [.. column.Select(v => Array.IndexOf(bits[b], v))];
        }
    }

    public override int Count { get; }

    public override bool Depends(int k, int q) => k switch
    {
        1 => q is 0 or 2 or 3 or 4,
        2 => q == 1,
        3 => q >= 5,
        _ => false,
    };

    public override void Evaluate(ReadOnlySpan<double> shape, Span<double> basis) => Run(shape, basis, default);

    public override void Gradient(ReadOnlySpan<double> shape, Span<double> basis, Span<double> derivative)
    {
        derivative[..(Count * K * Q)].Clear();
        Run(shape, basis, derivative);
    }

    private void Run(ReadOnlySpan<double> shape, Span<double> basis, Span<double> derivative)
    {
        // [value] of each kind of bits: log of what is kept of n, and its derivative by gamma.
        double[][] kept = new double[3][], slopes = new double[3][];
        for (int b = 0; b < 3; b++)
        {
            double gamma = shape[2 + b];
            kept[b] = [.. bits[b].Select(p => double.IsPositiveInfinity(p) ? 0 : Math.Log(1 - Math.Exp(-p / gamma)))];
            slopes[b] = [.. bits[b].Select(p => double.IsPositiveInfinity(p) ? 0 : -Math.Exp(-p / gamma) * p / (gamma * gamma * (1 - Math.Exp(-p / gamma))))];
        }

        Span<double> lost = stackalloc double[4];
        Span<Vector256<double>> terms = stackalloc Vector256<double>[3];
        Span<Vector256<double>> effective = stackalloc Vector256<double>[1];
        for (int block = 0; block < logN.Length; block++)
        {
            int first = 4 * block, lanes = Math.Min(4, Count - first);
            for (int lane = 0; lane < lanes; lane++)
            {
                int i = first + lane;
                lost[lane] = kept[0][bitsOf[0][i]] + kept[1][bitsOf[1][i]] + kept[2][bitsOf[2][i]];
            }

            effective[0] = logN[block] + Vector256.Create<double>(lost);
            terms[0] = Vector256.Exp(effective[0] * -shape[0]);
            terms[1] = Vector256.Exp(logD[block] * -shape[1]);
            terms[2] = Vector256.Exp((logD[block] * shape[5]) - (logN[block] * shape[6]) - (post[block] / shape[7])) * quantised[block];
            ReadOnlySpan<double> values = MemoryMarshal.Cast<Vector256<double>, double>(terms), logs = MemoryMarshal.Cast<Vector256<double>, double>(effective);
            for (int lane = 0; lane < lanes; lane++)
            {
                int i = first + lane;
                Span<double> row = basis.Slice(K * i, K);
                row[0] = 1;
                row[1] = values[lane];
                row[2] = values[4 + lane];
                row[3] = values[8 + lane];
                if (derivative.IsEmpty)
                {
                    continue;
                }

                Span<double> by = derivative.Slice(K * Q * i, K * Q);
                by[Q] = -logs[lane] * row[1];
                for (int b = 0; b < 3; b++)
                {
                    by[Q + 2 + b] = -shape[0] * slopes[b][bitsOf[b][i]] * row[1];
                }

                by[(2 * Q) + 1] = -logD[block][lane] * row[2];
                by[(3 * Q) + 5] = logD[block][lane] * row[3];
                by[(3 * Q) + 6] = -logN[block][lane] * row[3];
                by[(3 * Q) + 7] = post[block][lane] / (shape[7] * shape[7]) * row[3];
            }
        }
    }

    private static Vector256<double>[] Padded(IEnumerable<double> column)
    {
        double[] values = [.. column], padded = new double[(values.Length + 3) / 4 * 4];
        values.CopyTo(padded, 0);
        return MemoryMarshal.Cast<double, Vector256<double>>(padded).ToArray();
    }
}
