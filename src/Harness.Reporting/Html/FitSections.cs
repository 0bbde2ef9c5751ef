using System.Globalization;
using Harness.Reporting.Fits;
using Harness.Reporting.Plots;

namespace Harness.Reporting.Html;

/// <summary>What the page says about fits.</summary>
internal static class FitSections
{
    /// <summary>The exponents of every fit, large.</summary>
    public static void Headline(HtmlWriter html, SweepReportInput input)
    {
        var first = (input.Fits?.Fits ?? []).Select(f => (Fit: f, Exponents: Exponents.Of(f))).Where(f => f.Exponents.Count > 0).ToList();
        if (input.Fits?.Comparison is { } comparison)
        {
            html.Element("p", comparison.Statement, ("class", "question"));
        }

        if (first.Count == 0)
        {
            html.Element("p", input.Fits is null ? "No laws were fitted yet." : "No law has an exponent to show.", ("class", "soft"));
            return;
        }

        html.Element("div", () =>
        {
            foreach (var (fit, exponents) in first)
            {
                foreach (var exponent in exponents)
                {
                    html.Element("div", () =>
                    {
                        html.Element("p", () =>
                        {
                            html.Markup(exponent.Symbol);
                            html.Text($" of {Name(fit)}");
                        });
                        html.Element("div", ShortNumber.Digits(exponent.Value), ("class", "value"));
                        html.Element("p", exponent.Range is { } range ? $"{Percent(fit.Confidence)} interval {range}" : "no interval");
                        if (exponent.Meaning is { } meaning)
                        {
                            html.Element("p", meaning);
                        }
                    }, ("class", "card"));
                }
            }
        }, ("class", "cards"));
    }

    /// <summary>Each fit with all that qualifies it.</summary>
    public static void Fits(HtmlWriter html, SweepReportInput input)
    {
        if (input.Fits is not { } file || (file.Fits.Count == 0 && file.Refused.Count == 0))
        {
            return;
        }

        html.Element("h2", "Fitted laws");
        foreach (var fit in file.Fits)
        {
            html.Element("div", () => Fit(html, fit), ("class", "fit"));
        }

        foreach (var refused in file.Refused)
        {
            html.Element("p", $"{refused.Law} was not fitted: {refused.Found} {refused.Mend}", ("class", "warning"));
        }
    }

    /// <summary>How the exponents of a law move when N and C are counted in other ways.</summary>
    public static void Conventions(HtmlWriter html, SweepReportInput input)
    {
        if (input.Fits is not { OtherCounts: { Count: > 0 } others } file)
        {
            return;
        }

        var moved = file.Fits.Select(f => others.Where(o => Name(o) == Name(f)).Prepend(f)).Where(g => g.Count() > 1).SelectMany(g => g);

        html.Element("h2", "The same laws under other counts of N and C");
        html.Element("p", "Papers count parameters and compute in different ways, and exponents move with the count. The first line of each law is the fit above.", ("class", "soft"));
        html.Element("div", () => html.Element("table", () =>
        {
            Row(html, "th", "law", "counted as", "exponents", "fit", "worst error");
            foreach (var fit in moved)
            {
                html.Element("tr", () =>
                {
                    html.Element("td", Name(fit));
                    html.Element("td", Counted(fit));
                    html.Element("td", () => Quantities(html, Exponents.Of(fit)));
                    html.Element("td", fit.Goodness?.R2 is { } r2 ? $"R² {ShortNumber.Digits(r2, 4)}" : "", ("class", "n"));
                    html.Element("td", fit.Goodness is { } g ? Percent(g.WorstRelativeError) : "", ("class", "n"));
                });
            }
        }), ("class", "scroll"));
    }

    private static void Fit(HtmlWriter html, FitRecord fit)
    {
        html.Element("h3", Name(fit));
        if (fit.Equation is { } equation)
        {
            html.Element("p", FittedLaw.Of(fit)?.Formula ?? LawFormula.Of(equation, fit.Parameters), ("class", "formula"));
            html.Element("p", $"{equation}{(fit.Source is { } source ? $"; {source}" : "")}", ("class", "soft"));
        }

        html.Element("p", () => Quantities(html, Exponents.All(fit)));
        html.Element("p", string.Join(". ", Facts(fit)) + ".", ("class", "soft"));
        foreach (string warning in fit.Warnings)
        {
            html.Element("p", warning, ("class", "warning"));
        }
    }

    private static IEnumerable<string> Facts(FitRecord fit)
    {
        yield return string.Create(CultureInfo.InvariantCulture, $"{Points(fit.Points)}, {(fit.ExcludedCounts.Count > 0 ? fit.ExcludedCounts.Values.Sum() : fit.Excluded.Count)} left out");
        yield return $"Counted as {Counted(fit)}";
        if (fit.Goodness is { } g)
        {
            yield return $"{(g.R2 is { } r2 ? $"R² {ShortNumber.Digits(r2, 5)}, " : "")}mean error {Percent(g.MeanRelativeError)}, worst {Percent(g.WorstRelativeError)}";
        }

        if (fit.Holdout is { } h)
        {
            string distance = h.Kind == "extrapolation" && h.DistanceVariable is { } v ? $" by a factor of {ShortNumber.Digits(h.Distance)} in {v}" : "";
            yield return string.Create(CultureInfo.InvariantCulture, $"Held out ({h.Rule}, {Points(h.Points)}, {h.Kind}{distance}): mean error {Percent(h.MeanRelativeError)}, worst {Percent(h.WorstRelativeError)}");
        }

        string objective = fit.Objective.Delta is { } delta ? $"{fit.Objective.Name}({ShortNumber.Digits(delta)})" : fit.Objective.Name;
        yield return $"{fit.Objective.Aggregation} of {objective} {ShortNumber.Digits(fit.Objective.Value, 4)}; "
            + string.Create(CultureInfo.InvariantCulture, $"{fit.StartsAtOptimum} of {fit.Starts} starts reached it; {(fit.Converged == false ? "not converged, stopped by " : "")}{fit.StoppedBy}")
            + (fit.Uncertainty is { } how ? $"; {Percent(fit.Confidence)} intervals: {how}" : "");
    }

    /// <summary>The law's name; a power law of one variable says of which.</summary>
    private static string Name(FitRecord fit) => fit.Variables is ["x"] && Axis(fit) is { } axis ? $"{fit.Law} in {axis}" : fit.Law;

    private static string? Axis(FitRecord fit) => fit.Conventions.GetValueOrDefault("x")?.Split(' ')[0] switch
    {
        "non_embedding_params" or "total_params" => "N",
        "tokens" => "D",
        "train_flops" or "train_flops_total" or "train_flops_kaplan" or "train_flops_chinchilla" => "C",
        _ => null,
    };

    private static string Counted(FitRecord fit) => fit.Conventions.Count == 0
        ? "the file's own columns"
        : string.Join(", ", fit.Conventions.Where(c => fit.Variables.Count == 0 || fit.Variables.Contains(c.Key)).Select(c => $"{c.Key} = {c.Value}"));

    private static void Quantities(HtmlWriter html, IReadOnlyList<Quantity> quantities)
    {
        for (int i = 0; i < quantities.Count; i++)
        {
            html.Text(i == 0 ? "" : ", ");
            html.Markup(quantities[i].Symbol);
            html.Text($" = {quantities[i].Text}");
        }
    }

    private static void Row(HtmlWriter html, string cell, params string[] texts) => html.Element("tr", () =>
    {
        foreach (string text in texts)
        {
            html.Element(cell, text);
        }
    });

    private static string Points(int count) => string.Create(CultureInfo.InvariantCulture, $"{count} point{(count == 1 ? "" : "s")}");

    private static string Percent(double share) => ShortNumber.Digits(100 * share) + " %";
}
