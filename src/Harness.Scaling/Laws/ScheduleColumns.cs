using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Harness.Scaling;

/// <summary>The basis functions of <see cref="MultiPower"/> on logged steps. Each row sums over every change of the learning rate before it, by the blocks of a <see cref="ChangeTree"/>, four points at a time.</summary>
internal sealed class ScheduleColumns : BoundBasis
{
    // The summed learning rate of each row.
    private readonly double[] total;

    // [points / 4] of all blocks, one after the other.
    private readonly Vector256<double>[] weights;
    private readonly Vector256<double>[] before;
    private readonly Vector256<double>[] logRates;

    // The blocks of each row, as places in these.
    private readonly (int First, int End)[][] blocks;

    public ScheduleColumns(Points points)
    {
        Count = points.Count;
        int[] step = [.. points.Column("step").Select(s => (int)Math.Round(s))];
        double[] lr = points.Column("lr");
        double[]? warmups = points.TryColumn("warmup", out double[]? w) ? w : null;
        string[] groups = points.Groups is { } g ? [.. g] : [.. Enumerable.Repeat(string.Empty, Count)];
        total = new double[Count];
        blocks = new (int, int)[Count][];
        List<ChangeBlock> all = [];
        var places = new Dictionary<ChangeBlock, (int First, int End)>(ReferenceEqualityComparer.Instance);
        int used = 0;
        foreach (IGrouping<string, int> run in Enumerable.Range(0, Count).GroupBy(i => groups[i]))
        {
            int[] rows = [.. run.OrderBy(i => step[i])];
            LearningRateCurve curve = Curve(points, run.Key, rows, step, lr, warmups is null ? 0 : (int)Math.Round(warmups[rows[0]]));
            var tree = new ChangeTree(curve);
            foreach (int i in rows)
            {
                total[i] = curve.Sums[step[i]];
                blocks[i] = [.. tree.Until(step[i]).Select(Place)];
            }
        }

        weights = Vectors(all, b => b.Weights);
        before = Vectors(all, b => b.Before);
        logRates = Vectors(all, b => b.LogRates);

        (int First, int End) Place(ChangeBlock block)
        {
            if (!places.TryGetValue(block, out (int First, int End) place))
            {
                place = (used, used + (block.Weights.Length / 4));
                used = place.End;
                places.Add(block, place);
                all.Add(block);
            }

            return place;
        }
    }

    public override int Count { get; }

    public override void Evaluate(ReadOnlySpan<double> shape, Span<double> basis) => Run(shape, basis, default);

    public override void Gradient(ReadOnlySpan<double> shape, Span<double> basis, Span<double> derivative) => Run(shape, basis, derivative);

    public override bool Depends(int k, int q) => k == 2 ? q > 0 : k == 1 && q == 0;

    private void Run(ReadOnlySpan<double> shape, Span<double> basis, Span<double> derivative)
    {
        double alpha = shape[0], c = shape[1], beta = shape[2], gamma = shape[3];
        Vector256<double>[] speeds = ArrayPool<Vector256<double>>.Shared.Rent(Math.Max(logRates.Length, 1));
        for (int v = 0; v < logRates.Length; v++)
        {
            speeds[v] = Vector256.Exp(logRates[v] * -gamma) * c;
        }

        derivative.Clear();
        for (int i = 0; i < Count; i++)
        {
            double log = Math.Log(total[i]), power = Math.Exp(-alpha * log);
            basis[3 * i] = 1;
            basis[(3 * i) + 1] = power;
            if (derivative.IsEmpty)
            {
                basis[(3 * i) + 2] = -Value(i, speeds, beta);
                continue;
            }

            Gain gain = Slopes(i, speeds, beta);
            basis[(3 * i) + 2] = -gain.Value;
            Span<double> row = derivative.Slice(12 * i, 12);
            row[4] = -log * power;
            row[9] = -gain.ByLogSpeed / c;
            row[10] = -gain.ByBeta;
            row[11] = gain.ByGamma;
        }

        ArrayPool<Vector256<double>>.Shared.Return(speeds);
    }

    // sum_k drop_k (1 - (1 + speed_k (total - before_k))^-beta) over the changes up to a row.
    private double Value(int row, Vector256<double>[] speeds, double beta)
    {
        Vector256<double> value = default, all = Vector256.Create(total[row]);
        foreach ((int first, int end) in blocks[row])
        {
            for (int v = first; v < end; v++)
            {
                Vector256<double> log = Vector256.Log(Vector256<double>.One + (speeds[v] * (all - before[v])));
                value += weights[v] * (Vector256<double>.One - Vector256.Exp(log * -beta));
            }
        }

        return Vector256.Sum(value);
    }

    // The same with its derivatives by log speed, beta, and (through log rates) gamma.
    private Gain Slopes(int row, Vector256<double>[] speeds, double beta)
    {
        Vector256<double> value = default, bySpeed = default, byBeta = default, byGamma = default, all = Vector256.Create(total[row]);
        foreach ((int first, int end) in blocks[row])
        {
            for (int v = first; v < end; v++)
            {
                Vector256<double> y = speeds[v] * (all - before[v]), log = Vector256.Log(y + Vector256<double>.One), left = Vector256.Exp(log * -beta);
                Vector256<double> perSpeed = weights[v] * left * y / (y + Vector256<double>.One) * beta;
                value += weights[v] * (Vector256<double>.One - left);
                bySpeed += perSpeed;
                byGamma += perSpeed * logRates[v];
                byBeta += weights[v] * left * log;
            }
        }

        return new Gain(Vector256.Sum(value), Vector256.Sum(bySpeed), Vector256.Sum(byBeta), Vector256.Sum(byGamma));
    }

    private static LearningRateCurve Curve(Points points, string name, int[] rows, int[] step, double[] lr, int warmup)
    {
        double[] rates = points.Schedules.TryGetValue(name, out double[]? given)
            ? given
            : LearningRateCurve.Through([.. rows.Select(i => (step[i], lr[i])).DistinctBy(r => r.Item1)], warmup);
        return rates.Length > step[rows[^1]]
            ? new LearningRateCurve(rates)
            : throw new FitRefusedException(
                RefusalReason.InvalidVariable,
                string.Create(CultureInfo.InvariantCulture, $"The schedule of '{name}' has {rates.Length} steps, but a row is at step {step[rows[^1]]}."),
                "Give the learning rate of every step up to the last row (step 0 is the first element).");
    }

    private static Vector256<double>[] Vectors(List<ChangeBlock> blocks, Func<ChangeBlock, double[]> part) =>
        [.. blocks.Select(part).SelectMany(values => MemoryMarshal.Cast<double, Vector256<double>>(values).ToArray())];

    private readonly record struct Gain(double Value, double ByLogSpeed, double ByBeta, double ByGamma);
}
