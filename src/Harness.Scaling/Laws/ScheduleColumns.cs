using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Harness.Scaling;

/// <summary>The basis functions of <see cref="MultiPower"/> on logged steps. Each row sums over every change of the learning rate before it, four changes at a time.</summary>
internal sealed class ScheduleColumns : BoundBasis
{
    private readonly LearningRateCurve[] curves;
    private readonly int[] curveOf;
    private readonly int[] step;

    public ScheduleColumns(Points points)
    {
        Count = points.Count;
        step = [.. points.Column("step").Select(s => (int)Math.Round(s))];
        double[] lr = points.Column("lr");
        double[]? warmups = points.TryColumn("warmup", out double[]? w) ? w : null;
        string[] groups = points.Groups is { } g ? [.. g] : [.. Enumerable.Repeat(string.Empty, Count)];
        string[] names = [.. groups.Distinct()];
        curves = new LearningRateCurve[names.Length];
        curveOf = [.. groups.Select(x => Array.IndexOf(names, x))];
        for (int c = 0; c < names.Length; c++)
        {
            int[] rows = [.. Enumerable.Range(0, Count).Where(i => curveOf[i] == c).OrderBy(i => step[i])];
            int warmup = warmups is null ? 0 : (int)Math.Round(warmups[rows[0]]);
            double[] rates = points.Schedules.TryGetValue(names[c], out double[]? given)
                ? given
                : LearningRateCurve.Through([.. rows.Select(i => (step[i], lr[i])).DistinctBy(r => r.Item1)], warmup);
            if (rates.Length <= step[rows[^1]])
            {
                throw new FitRefusedException(
                    RefusalReason.InvalidVariable,
                    string.Create(CultureInfo.InvariantCulture, $"The schedule of '{names[c]}' has {rates.Length} steps, but a row is at step {step[rows[^1]]}."),
                    "Give the learning rate of every step up to the last row (step 0 is the first element).");
            }

            curves[c] = new LearningRateCurve(rates);
        }
    }

    public override int Count { get; }

    public override void Evaluate(ReadOnlySpan<double> shape, Span<double> basis) => Run(shape, basis, default);

    public override void Gradient(ReadOnlySpan<double> shape, Span<double> basis, Span<double> derivative) => Run(shape, basis, derivative);

    public override bool Depends(int k, int q) => k == 2 ? q > 0 : k == 1 && q == 0;

    private void Run(ReadOnlySpan<double> shape, Span<double> basis, Span<double> derivative)
    {
        double alpha = shape[0], c = shape[1], beta = shape[2], gamma = shape[3];
        double[][] speeds = [.. curves.Select(curve => curve.LogRates.Select(r => c * Math.Exp(-gamma * r)).ToArray())];
        derivative.Clear();
        for (int i = 0; i < Count; i++)
        {
            LearningRateCurve curve = curves[curveOf[i]];
            double total = curve.Sums[step[i]], log = Math.Log(total);
            double power = Math.Exp(-alpha * log);
            basis[3 * i] = 1;
            basis[(3 * i) + 1] = power;
            Gain gain = Sum(curve, speeds[curveOf[i]], step[i], total, beta, !derivative.IsEmpty);
            basis[(3 * i) + 2] = -gain.Value;
            if (!derivative.IsEmpty)
            {
                Span<double> row = derivative.Slice(12 * i, 12);
                row[4] = -log * power;
                row[9] = -gain.ByLogSpeed / c;
                row[10] = -gain.ByBeta;
                row[11] = gain.ByGamma;
            }
        }
    }

    // sum_k drop_k (1 - (1 + speed_k (total - before_k))^-beta) over the changes up to a step, with derivatives by log speed, beta, and (through log rates) gamma.
    private static Gain Sum(LearningRateCurve curve, double[] speeds, int until, double total, double beta, bool slopes)
    {
        int count = Array.BinarySearch(curve.Steps, until);
        count = count >= 0 ? count + 1 : ~count;
        int whole = count / 4 * 4;
        Vector256<double> value = default, bySpeed = default, byBeta = default, byGamma = default;
        ReadOnlySpan<Vector256<double>> drops = MemoryMarshal.Cast<double, Vector256<double>>(curve.Drops.AsSpan(0, whole));
        ReadOnlySpan<Vector256<double>> before = MemoryMarshal.Cast<double, Vector256<double>>(curve.SumsBefore.AsSpan(0, whole));
        ReadOnlySpan<Vector256<double>> speed = MemoryMarshal.Cast<double, Vector256<double>>(speeds.AsSpan(0, whole));
        ReadOnlySpan<Vector256<double>> rates = MemoryMarshal.Cast<double, Vector256<double>>(curve.LogRates.AsSpan(0, whole));
        Vector256<double> all = Vector256.Create(total);
        for (int v = 0; v < drops.Length; v++)
        {
            Vector256<double> y = speed[v] * (all - before[v]);
            Vector256<double> log = Vector256.Log(y + Vector256<double>.One);
            Vector256<double> left = Vector256.Exp(log * -beta);
            value += drops[v] * (Vector256<double>.One - left);
            if (slopes)
            {
                Vector256<double> perSpeed = drops[v] * left * y / (y + Vector256<double>.One) * beta;
                bySpeed += perSpeed;
                byGamma += perSpeed * rates[v];
                byBeta += drops[v] * left * log;
            }
        }

        var sum = new Gain(Vector256.Sum(value), Vector256.Sum(bySpeed), Vector256.Sum(byBeta), Vector256.Sum(byGamma));
        for (int k = whole; k < count; k++)
        {
            double y = speeds[k] * (total - curve.SumsBefore[k]), log = Math.Log(1 + y), left = Math.Exp(-beta * log);
            double perSpeed = curve.Drops[k] * left * beta * y / (1 + y);
            sum = new Gain(
                sum.Value + (curve.Drops[k] * (1 - left)),
                sum.ByLogSpeed + perSpeed,
                sum.ByBeta + (curve.Drops[k] * left * log),
                sum.ByGamma + (perSpeed * curve.LogRates[k]));
        }

        return sum;
    }

    private readonly record struct Gain(double Value, double ByLogSpeed, double ByBeta, double ByGamma);
}
