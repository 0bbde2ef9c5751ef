using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Harness.Reporting.Html;
using Harness.Reporting.Plots;
using Harness.Reporting.Plots.Figures;
using Harness.Reporting.Runs;
using Harness.Reporting.Tests.Runs;

namespace Harness.Reporting.Tests.Html;

public sealed class ReportPageTests
{
    private static readonly string[] Hostile =
    [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "javascript:alert(1)",
        "a\u2028b\u2029c", "</title><svg onload=alert(1)>", "&lt;b&gt; ]]> <!-- -->", "\u0000\u0001\uD800 \uFFFE", "'><a href='https://evil.test/'>",
    ];

    [Fact]
    public void The_page_is_well_formed_and_asks_the_network_for_nothing()
    {
        string text = Page(SampleReport.Input());
        var page = Parsed(text);
        Assert.StartsWith("<!DOCTYPE html>\n<html lang=\"en\">", text, StringComparison.Ordinal);
        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName is "link" or "img" or "iframe" or "object" or "a" or "form" or "base");
        Assert.DoesNotContain(page.Descendants().Attributes(), a => a.Name.LocalName is "src" or "href" or "action");
        Assert.DoesNotMatch(new Regex(@"url\(|@import|https?://", RegexOptions.IgnoreCase), text);
        Assert.Equal(4, page.Descendants("svg").Count(e => (string?)e.Attribute("class") == "chart"));
        Assert.Equal(36, page.Descendants("tbody").Single().Elements("tr").Count());
    }

    [Fact]
    public void No_pattern_of_markup_is_left_in_the_page()
    {
        string text = Page(SampleReport.Input());
        Assert.Contains("<i>C</i><sup><i>a</i></sup>", text, StringComparison.Ordinal);
        Assert.DoesNotMatch(new Regex(@">\*\w+\*<|\^\{|_\{"), text);
    }

    [Fact]
    public void Hostile_names_stay_text()
    {
        string all = string.Join(' ', Hostile);
        var plain = Parsed(Page(SampleReport.Input()));
        var input = SampleReport.Input(all, all);
        var fits = input.Fits!;
        var hostile = Parsed(Page(input with
        {
            Runs = [.. input.Runs.Select(r => r with { Name = all, Family = all, Engine = all, Device = all, Failure = all, RunId = r.RunId })],
            Reproduce = [all],
            Environment = [new(all, all), new(all, all)],
            Fits = fits with
            {
                Fits = [fits.Fits[0] with { Warnings = [all], Source = all }],
                Refused = [fits.Refused[0] with { Found = all }],
                Command = [all],
                Generator = all,
            },
        }));

        // The same elements and attributes as with harmless names, and one script: ours.
        static string Shape(XDocument page) => string.Join('\n', page.Descendants().Select(e => e.Name + " " + string.Join(' ', e.Attributes().Select(a => a.Name))));
        Assert.Equal(Shape(plain), Shape(hostile));
        Assert.DoesNotContain(hostile.Descendants().Attributes(), a => a.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(plain.Descendants("script").Single().Value, hostile.Descendants("script").Single().Value);
        Assert.Contains("<script>alert(1)</script> \"><img src=x onerror=alert(1)>", hostile.Descendants("h1").Single().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void The_policy_lets_the_browser_run_our_script_only()
    {
        var page = Parsed(Page(SampleReport.Input()));
        string policy = page.Descendants("meta").Select(m => (string?)m.Attribute("content")).Single(c => c?.Contains("default-src", StringComparison.Ordinal) == true)!;
        string hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(page.Descendants("script").Single().Value)));
        Assert.Contains($"script-src 'sha256-{hash}'", policy, StringComparison.Ordinal);
        Assert.StartsWith("default-src 'none';", policy, StringComparison.Ordinal);
    }

    [Fact]
    public void It_says_what_was_found_how_sure_it_is_and_what_is_missing()
    {
        var input = SampleReport.Input();
        string text = string.Join(' ', Parsed(Page(input with { PlannedRuns = 40 })).Descendants("body").Single().DescendantNodes().OfType<XText>().Select(t => t.Value.Trim()));
        Assert.Contains("35 completed runs, 1 that diverged or failed, 4 still to do: 12.8K to 6.32M non-embedding parameters, 512K to 8.19M tokens", text, StringComparison.Ordinal);
        Assert.Contains("α of chinchilla 0.31 95 % interval [", text, StringComparison.Ordinal);
        Assert.Contains("3: parametric loss, chinchilla 0.544 [0.52, 0.56] 0.456 [0.44, 0.48]", text, StringComparison.Ordinal);
        Assert.Contains("gpt2-l8-d320-hot diverged at step 412 of 4000", text, StringComparison.Ordinal);
        Assert.Contains("The optimum of e is flat.", text, StringComparison.Ordinal);
        Assert.Contains("isoflop was not fitted: There is no budget with three sizes. Run sizes at constant compute.", text, StringComparison.Ordinal);
        Assert.Contains("total_params", text, StringComparison.Ordinal);
        Assert.Contains("extrapolation by a factor of 2.4 in n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_measurement_is_an_empty_cell()
    {
        var page = Parsed(Page(SampleReport.Input()));
        var diverged = page.Descendants("tbody").Single().Elements("tr").Single(r => r.Value.Contains("hot", StringComparison.Ordinal));
        string[] heads = [.. page.Descendants("thead").Single().Descendants("th").Select(h => h.Value)];
        var loss = diverged.Elements("td").ElementAt(Array.IndexOf(heads, "loss"));
        Assert.Equal("", loss.Value);
        Assert.Null(loss.Attribute("data-value"));
    }

    [Fact]
    public void The_page_is_the_same_under_every_culture_and_twice()
    {
        string expected = Page(SampleReport.Input());
        Assert.Equal(expected, Page(SampleReport.Input()));
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = RunsTableTests.Commas("de-DE");
            Assert.Equal(expected, Page(SampleReport.Input()));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void A_sweep_without_a_finished_run_has_a_report_too()
    {
        var input = SampleReport.Input();
        var page = Parsed(Page(new SweepReportInput { Title = "empty", Runs = [.. input.Runs.Where(r => !r.IsCompleted)] }));
        Assert.Contains("0 completed runs, 1 that diverged or failed.", page.Descendants("p").First().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_of_three_files_is_enough_to_report_from()
    {
        string folder = Directory.CreateTempSubdirectory("report").FullName;
        try
        {
            var input = SampleReport.Input();
            RunsTable.Write(Path.Combine(folder, RunsTable.FileName), [.. input.Runs]);
            CurvesTable.Write(Path.Combine(folder, CurvesTable.FileName), input.Curves);
            input.Fits!.Write(Path.Combine(folder, "fits.json"));
            var read = SweepReportInput.Read(folder);
            var files = SweepReport.Write(folder, read, gnuplot: null);

            Assert.Contains("gnuplot-nox", files.Problem, StringComparison.Ordinal);
            Assert.All(files.Plots, p => Assert.True(File.Exists(p)));
            var fromFiles = Parsed(File.ReadAllText(files.Page)).Descendants("svg").Select(e => e.ToString());
            var fromMemory = Parsed(Page(input)).Descendants("svg").Select(e => e.ToString());
            Assert.Equal(fromMemory, fromFiles);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Page(SweepReportInput input)
    {
        using var writer = new StringWriter();
        ReportPage.Write(writer, input, SweepFigures.Of(SweepData.Of(input.Runs, input.Curves, input.Fits?.Fits ?? [])));
        return writer.ToString();
    }

    private static XDocument Parsed(string page) => XDocument.Parse(page["<!DOCTYPE html>\n".Length..]);
}
