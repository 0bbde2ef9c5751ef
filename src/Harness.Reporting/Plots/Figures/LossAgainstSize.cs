using Harness.Reporting.Runs;

namespace Harness.Reporting.Plots.Figures;

/// <summary>Loss against parameters, one line a data budget; Kaplan et al. 2020 (2001.08361), figure 1, right, and figure 5.</summary>
public static class LossAgainstParameters
{
    /// <summary>The figure, or null if fewer than two sizes were measured.</summary>
    public static Figure? Of(SweepData data) => LossAgainstSize.Of(data, new LossAgainstSize.View(
        "loss-vs-parameters",
        "Loss against parameters",
        "n",
        "D",
        Drawing.ParametersLabel,
        r => r.NonEmbeddingParameters,
        r => r.Tokens,
        (law, n, d) => law.Loss(law.Variables[0] == "n" ? [n, d] : [d, n])));
}

/// <summary>Loss against training tokens, one line a model size; Kaplan et al. 2020 (2001.08361), figure 1, middle.</summary>
public static class LossAgainstTokens
{
    /// <summary>The figure, or null if fewer than two budgets were measured.</summary>
    public static Figure? Of(SweepData data) => LossAgainstSize.Of(data, new LossAgainstSize.View(
        "loss-vs-tokens",
        "Loss against data",
        "d",
        "N",
        Drawing.TokensLabel,
        r => r.Tokens,
        r => r.NonEmbeddingParameters,
        (law, d, n) => law.Loss(law.Variables[0] == "n" ? [n, d] : [d, n])));
}

/// <summary>What both figures share: N and D change places.</summary>
internal static class LossAgainstSize
{
    public static Figure? Of(SweepData data, View view)
    {
        ArgumentNullException.ThrowIfNull(data);
        RunRow[] runs = [.. data.Measured];
        if (runs.Select(view.Along).Distinct().Count() < 2)
        {
            return null;
        }

        var x = Axis.Around(view.Label, runs.Select(view.Along));
        FittedLaw[] laws = [.. data.Laws.Where(l => l.IsOf(view.Variable)).Take(2)];
        var joint = data.Laws.FirstOrDefault(l => l.Variables.Count == 2 && l.Variables.Contains("n") && l.Variables.Contains("d"));
        var groups = RunGroup.Lines(runs, view.Shared, view.Along);
        if (groups is [{ Key: null }] && IsoFlopProfiles.Of(data) is not null)
        {
            return null; // that figure shows the same points by what they share
        }

        var markers = Drawing.Markers(runs);
        Layer[] fitted = [.. Drawing.Laws(laws, x)];
        var layers = new List<Layer>(fitted.OfType<BandLayer>());
        int lines = groups.Count(g => g.Key is not null);
        var inks = Ink.Scale(lines);
        var named = Drawing.InLegend(lines);
        for (int i = 0; i < groups.Count; i++)
        {
            var group = groups[i];
            var ink = group.Key is not null ? inks[i] : lines == 0 ? Ink.Ordered(0.35) : Ink.Neutral;
            if (group.Key is { } key)
            {
                layers.AddRange(joint is null
                    ? Drawing.Means(group, view.Along, ink)
                    : [new LineLayer(Drawing.Along(x, v => view.Joint(joint, v, key), x.Low, x.High), ink, Opacity: 0.75)]);
            }

            var legend = group.Key is { } shared
                ? (named.Contains(i) ? Markup.Plain(ShortNumber.Count(shared)) : null)
                : Alone(group, lines);
            layers.AddRange(Drawing.Points(group, view.Along, ink, legend, markers));
        }

        layers.AddRange(fitted.OfType<LineLayer>());
        var losses = runs.Select(r => r.ValidationLoss!.Value);
        return new Figure
        {
            Name = view.Name,
            Title = Markup.Plain(view.Title),
            Caption = Markup.Plain($"Every point is a trained model. Colour: {(view.SharedSymbol == "D" ? "training tokens" : "model size")}, dark is small.")
                + (joint is null ? Markup.Empty : Markup.Plain($" Thin lines: the joint law {joint.Law}, ") + joint.Formula + Markup.Plain($", at that {(view.SharedSymbol == "D" ? "budget" : "size")}."))
                + Drawing.Describe(laws),
            X = x,
            Y = Axis.Around(Drawing.LossLabel, losses),
            Layers = layers,
            LegendTitle = lines > 0 ? Drawing.Heading(view.SharedSymbol) : null,
            Notes = Drawing.Notes(laws),
        };
    }

    /// <summary>Runs that share no budget may share a ratio, as in a ladder of 20 tokens a parameter.</summary>
    private static Markup Alone(RunGroup group, int lines)
    {
        double[] ratios = [.. group.Runs.Select(r => (double)r.Tokens / r.NonEmbeddingParameters)];
        return ratios.Length > 1 && ratios.Max() <= 1.1 * ratios.Min()
            ? Markup.Parse($"*D* = {ShortNumber.Digits(ratios.Average(), 2)} *N*")
            : Markup.Plain(lines == 0 ? "runs" : "other runs");
    }

    /// <summary>Which of N and D runs along the axis.</summary>
    internal sealed record View(
        string Name,
        string Title,
        string Variable,
        string SharedSymbol,
        Markup Label,
        Func<RunRow, double> Along,
        Func<RunRow, double> Shared,
        Func<FittedLaw, double, double, double> Joint);
}
