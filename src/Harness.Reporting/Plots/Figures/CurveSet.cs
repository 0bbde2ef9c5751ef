using Harness.Reporting.Runs;

namespace Harness.Reporting.Plots.Figures;

/// <summary>The curves that a figure draws, all of the same kind of loss, with their colours by size.</summary>
internal sealed record CurveSet(IReadOnlyList<(RunRow Run, IReadOnlyList<CurvePoint> Points, Ink Ink, Markup? Legend)> Curves, bool Held)
{
    private const int FewestHeldOut = 4;

    /// <summary>Held-out losses where most runs measured some along the way, else training losses.</summary>
    public static CurveSet? Of(SweepData data)
    {
        var all = data.Measured.Where(r => data.Curves.ContainsKey(r.RunId)).Select(r => (Run: r, Curve: data.Curves[r.RunId])).ToList();
        bool held = all.Count > 0 && all.Count(c => c.Curve.Validation.Count >= FewestHeldOut) >= 0.5 * all.Count;
        var drawn = all.Select(c => (c.Run, Points: held ? c.Curve.Validation : c.Curve.Training)).Where(c => c.Points.Count > 1).ToList();
        if (drawn.Count == 0)
        {
            return null;
        }

        var sizes = RunGroup.By(drawn.Select(c => c.Run), r => r.NonEmbeddingParameters);
        var inks = Ink.Scale(sizes.Count);
        var named = Drawing.InLegend(sizes.Count);
        var curves = new List<(RunRow, IReadOnlyList<CurvePoint>, Ink, Markup?)>();
        for (int i = 0; i < sizes.Count; i++)
        {
            var legend = named.Contains(i) ? Markup.Plain(ShortNumber.Count(sizes[i].Key!.Value)) : null;
            var ids = sizes[i].Runs.Select(r => r.RunId).ToHashSet();
            foreach (var (run, points) in drawn.Where(c => ids.Contains(c.Run.RunId)).OrderBy(c => c.Run.Tokens))
            {
                curves.Add((run, points, inks[i], legend));
                legend = null;
            }
        }

        return new CurveSet(curves, held);
    }

    public string What => Held ? "held-out loss" : "training loss, averaged over neighbouring steps";

    public Markup Label => Held ? Drawing.LossLabel : Markup.Parse("Training loss *L* (nats/token)");
}
