using Harness.Reporting.Runs;

namespace Harness.Reporting.Plots;

/// <summary>One place on a run's training curve.</summary>
/// <param name="Tokens">Training tokens seen.</param>
/// <param name="Flops">6ND so far.</param>
/// <param name="Loss">Nats a token.</param>
public sealed record CurvePoint(double Tokens, double Flops, double Loss);

/// <summary>A run's training curves, thinned for drawing.</summary>
/// <param name="RunId">Which run.</param>
/// <param name="Validation">Held-out losses as measured.</param>
/// <param name="Training">Training losses, averaged within steps of about 3 % in tokens.</param>
public sealed record Curve(string RunId, IReadOnlyList<CurvePoint> Validation, IReadOnlyList<CurvePoint> Training)
{
    /// <summary>Reads curves in one pass; memory grows with the number of runs, not with the length of their curves.</summary>
    /// <param name="rows">In any order of runs; each run's rows by rising step.</param>
    public static IReadOnlyDictionary<string, Curve> From(IEnumerable<CurveRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var collected = new Dictionary<string, (Bins Validation, Bins Training)>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            if (!collected.TryGetValue(row.RunId, out var bins))
            {
                collected.Add(row.RunId, bins = (new Bins(), new Bins()));
            }

            var m = row.Metrics;
            bins.Validation.Add(m.Tokens, m.TrainFlops, m.ValidationLoss);
            bins.Training.Add(m.Tokens, m.TrainFlops, m.TrainLoss);
        }

        return collected.ToDictionary(c => c.Key, c => new Curve(c.Key, c.Value.Validation.Points, c.Value.Training.Points), StringComparer.Ordinal);
    }

    /// <summary>Means over neighbours on a logarithmic grid of tokens; a point alone in its bin stays as it is.</summary>
    private sealed class Bins
    {
        private const double BinsPerUnitLog = 33;

        private readonly List<(long Bin, int Count, double Tokens, double Flops, double Loss)> bins = [];

        public IReadOnlyList<CurvePoint> Points => [.. bins.Select(b => new CurvePoint(b.Tokens / b.Count, b.Flops / b.Count, b.Loss / b.Count))];

        public void Add(long tokens, double flops, double? loss)
        {
            if (loss is not { } value || !double.IsFinite(value) || value <= 0 || tokens <= 0)
            {
                return;
            }

            long bin = (long)Math.Floor(BinsPerUnitLog * Math.Log(tokens));
            if (bins.Count > 0 && bins[^1].Bin == bin)
            {
                var last = bins[^1];
                bins[^1] = (bin, last.Count + 1, last.Tokens + tokens, last.Flops + flops, last.Loss + value);
            }
            else
            {
                bins.Add((bin, 1, tokens, flops, value));
            }
        }
    }
}
