using System.Globalization;
using System.Reflection;
using System.Xml;
using Harness.Reporting.Plots;

namespace Harness.Reporting.Html;

/// <summary>The page: one file, no network, readable on paper, in the dark and without scripts.</summary>
public static class ReportPage
{
    /// <summary>Writes the page.</summary>
    /// <param name="writer">UTF-8 text.</param>
    /// <param name="input">What to report.</param>
    /// <param name="figures">The figures, in their order.</param>
    public static void Write(TextWriter writer, SweepReportInput input, IReadOnlyList<Figure> figures)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(figures);
        writer.Write("<!DOCTYPE html>\n");
        using var xml = XmlWriter.Create(writer, new XmlWriterSettings { OmitXmlDeclaration = true, CloseOutput = false, NewLineChars = "\n" });
        var html = new HtmlWriter(xml);
        string script = Resource("report.js");
        html.Element("html", () =>
        {
            html.Element("head", () =>
            {
                html.Element("meta", "", ("charset", "utf-8"));
                html.Element("meta", "", ("http-equiv", "Content-Security-Policy"), ("content", HtmlWriter.Policy(script)));
                html.Element("meta", "", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"));
                html.Element("title", $"{input.Title}: scaling laws");
                html.Raw("style", Resource("report.css"));
            });
            html.Element("body", () =>
            {
                Head(html, input);
                FitSections.Headline(html, input);
                Figures(html, figures);
                AllocationSection.Write(html, input);
                FitSections.Fits(html, input);
                FitSections.Conventions(html, input);
                RunSections.Unfinished(html, input);
                RunSections.Runs(html, input);
                RunSections.Reproduce(html, input);
                html.Element("div", "", ("id", "tip"), ("role", "status"));
                html.Raw("script", script);
            });
        }, ("lang", "en"));
    }

    private static void Head(HtmlWriter html, SweepReportInput input)
    {
        html.Element("h1", input.Title);
        if (!string.IsNullOrWhiteSpace(input.Question))
        {
            html.Element("p", input.Question, ("class", "question"));
        }

        html.Element("p", RunSections.Summary(input), ("class", "soft"));
        if (input.Written is { } time)
        {
            html.Element("p", "Written " + time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture), ("class", "soft"));
        }
    }

    private static void Figures(HtmlWriter html, IReadOnlyList<Figure> figures)
    {
        if (figures.Count == 0)
        {
            return;
        }

        html.Element("h2", "Figures");
        html.Element("div", () =>
        {
            foreach (var figure in figures)
            {
                html.Element("figure", () =>
                {
                    html.Element("h3", figure.Title);
                    html.Chart(figure);
                    html.Element("figcaption", figure.Caption);
                });
            }
        }, ("class", "figures"));
    }

    private static string Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The assembly was built without {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
