using Harness.Reporting.Fits;
using Harness.Reporting.Plots;

namespace Harness.Reporting.Html;

/// <summary>How parameters and data should grow with compute, by each approach that was fitted, beside the published answers.</summary>
internal static class AllocationSection
{
    /// <summary>Hoffmann et al. 2022 (2203.15556), table 2, with its 10th and 90th percentiles; its last row quotes Kaplan et al. 2020.</summary>
    private static readonly (string Approach, string N, string D)[] Published =
    [
        ("Hoffmann et al. 2022, 1: envelope of training curves", "0.50 [0.488, 0.502]", "0.50 [0.501, 0.512]"),
        ("Hoffmann et al. 2022, 2: IsoFLOP profiles", "0.49 [0.462, 0.534]", "0.51 [0.483, 0.529]"),
        ("Hoffmann et al. 2022, 3: parametric loss", "0.46 [0.454, 0.455]", "0.54 [0.542, 0.543]"),
        ("Kaplan et al. 2020", "0.73", "0.27"),
    ];

    public static void Write(HtmlWriter html, SweepReportInput input)
    {
        List<(string Approach, Quantity N, Quantity D)> found = [.. (input.Fits?.Fits ?? []).Select(Of).OfType<(string, Quantity, Quantity)>().OrderBy(f => f.Item1, StringComparer.Ordinal)];
        if (found.Count == 0)
        {
            return;
        }

        html.Element("h2", "Compute-optimal size and data");
        html.Element("p", () =>
        {
            html.Text("At a compute ");
            html.Markup(Markup.Parse("*C*"));
            html.Text(" the lowest loss is reached with ");
            html.Markup(Markup.Parse("*N*_{opt} ∝ *C*^{*a*}"));
            html.Text(" parameters on ");
            html.Markup(Markup.Parse("*D*_{opt} ∝ *C*^{*b*}"));
            html.Text(" tokens. Published figures are of large models on web text; they are here for scale.");
        }, ("class", "soft"));
        html.Element("div", () => html.Element("table", () =>
        {
            html.Element("tr", () =>
            {
                foreach (string head in (string[])["approach", "a, of parameters", "b, of data"])
                {
                    html.Element("th", head);
                }
            });
            foreach (var (approach, n, d) in found)
            {
                Row(html, approach, n.Text, d.Text);
            }

            foreach (var (approach, n, d) in Published)
            {
                Row(html, approach, n, d, ("class", "soft"));
            }
        }), ("class", "scroll"));
    }

    private static void Row(HtmlWriter html, string approach, string n, string d, params (string Name, string Value)[] attributes) => html.Element("tr", () =>
    {
        html.Element("td", approach);
        html.Element("td", n);
        html.Element("td", d);
    }, attributes);

    private static (string Approach, Quantity N, Quantity D)? Of(FitRecord fit)
    {
        string? approach = fit.Law switch { "envelope" => "1: envelope of training curves", "isoflop" => "2: IsoFLOP profiles", _ => $"3: parametric loss, {fit.Law}" };
        if (fit.Parameters.TryGetValue("n_exponent", out double n) && fit.Parameters.TryGetValue("d_exponent", out double d) && fit.BudgetOptima.Count > 0)
        {
            return (approach, new Quantity("n", n, fit.Intervals.GetValueOrDefault("n_exponent"), null), new Quantity("d", d, fit.Intervals.GetValueOrDefault("d_exponent"), null));
        }

        return fit.Derived.TryGetValue("n_opt_exponent", out var a) && fit.Derived.TryGetValue("d_opt_exponent", out var b)
            ? (approach, new Quantity("n", a.Value, a.Interval, null), new Quantity("d", b.Value, b.Interval, null))
            : null;
    }
}
