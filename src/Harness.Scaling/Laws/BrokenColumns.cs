using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Harness.Scaling;

/// <summary>The basis functions of <see cref="BrokenPowerLaw"/>, four rows at a time.</summary>
internal sealed class BrokenColumns : BoundBasis
{
    private readonly int breaks;
    private readonly Vector256<double>[] logs;

    public BrokenColumns(int breaks, double[] x)
    {
        this.breaks = breaks;
        Count = x.Length;
        var padded = new double[(Count + 3) / 4 * 4];
        for (int i = 0; i < Count; i++)
        {
            padded[i] = Math.Log(x[i]);
        }

        logs = MemoryMarshal.Cast<double, Vector256<double>>(padded).ToArray();
    }

    public override int Count { get; }

    public override bool Depends(int k, int q) => k == 1;

    public override void Evaluate(ReadOnlySpan<double> shape, Span<double> basis) => Run(shape, basis, default);

    public override void Gradient(ReadOnlySpan<double> shape, Span<double> basis, Span<double> derivative) => Run(shape, basis, derivative);

    private void Run(ReadOnlySpan<double> shape, Span<double> basis, Span<double> derivative)
    {
        int q = shape.Length;
        bool slopes = !derivative.IsEmpty;
        Span<double> places = stackalloc double[breaks];
        Span<Vector256<double>> log = stackalloc Vector256<double>[q];
        Span<Vector256<double>> value = stackalloc Vector256<double>[1];
        for (int b = 0; b < breaks; b++)
        {
            places[b] = Math.Log(shape[2 + (3 * b)]);
        }

        for (int block = 0; block < logs.Length; block++)
        {
            Vector256<double> x = logs[block], sum = x * -shape[0];
            log[0] = -x;
            for (int b = 0; b < breaks; b++)
            {
                double c = shape[1 + (3 * b)], f = shape[3 + (3 * b)];
                Vector256<double> u = (x - Vector256.Create(places[b])) / f;
                // e^-|u| never overflows; past e^-700 it counts as 0 anyway.
                Vector256<double> e = Vector256.Exp(-Vector256.Min(Vector256.Abs(u), Vector256.Create(700.0)));
                Vector256<double> soft = Vector256.Max(u, Vector256<double>.Zero) + Vector256.Log(Vector256<double>.One + e);
                sum -= soft * (c * f);
                if (slopes)
                {
                    Vector256<double> share = Vector256.ConditionalSelect(Vector256.GreaterThan(u, Vector256<double>.Zero), Vector256<double>.One, e) / (Vector256<double>.One + e);
                    log[1 + (3 * b)] = soft * -f;
                    log[2 + (3 * b)] = share * (c / shape[2 + (3 * b)]);
                    log[3 + (3 * b)] = (soft - (share * u)) * -c;
                }
            }

            value[0] = Vector256.Exp(sum);
            Spread(block, value, log, basis, derivative, q, slopes);
        }
    }

    private void Spread(int block, ReadOnlySpan<Vector256<double>> value, ReadOnlySpan<Vector256<double>> log, Span<double> basis, Span<double> derivative, int q, bool slopes)
    {
        ReadOnlySpan<double> y = MemoryMarshal.Cast<Vector256<double>, double>(value), perLog = MemoryMarshal.Cast<Vector256<double>, double>(log);
        for (int lane = 0; lane < 4 && (4 * block) + lane < Count; lane++)
        {
            int i = (4 * block) + lane;
            basis[2 * i] = 1;
            basis[(2 * i) + 1] = y[lane];
            if (slopes)
            {
                Span<double> row = derivative.Slice(2 * i * q, 2 * q);
                row[..q].Clear();
                for (int j = 0; j < q; j++)
                {
                    row[q + j] = perLog[(4 * j) + lane] * y[lane];
                }
            }
        }
    }
}
