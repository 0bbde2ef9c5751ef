using System.Globalization;
using Harness.Reporting.Plots;
using Harness.Reporting.Runs;

namespace Harness.Reporting.Html;

/// <summary>What the page says about runs.</summary>
internal static class RunSections
{
    private const int OpenUpTo = 60;

    private static readonly (string Head, bool Number, Func<RunRow, (string Text, double? Value)> Cell)[] Columns =
    [
        ("run", false, r => (r.Name, null)),
        ("status", false, r => (r.Status, null)),
        ("family", false, r => (r.Family, null)),
        ("layers", true, r => Count(r.LayerCount)),
        ("width", true, r => Count(r.ModelDim)),
        ("N", true, r => (ShortNumber.Count(r.NonEmbeddingParameters), r.NonEmbeddingParameters)),
        ("N total", true, r => (ShortNumber.Count(r.TotalParameters), r.TotalParameters)),
        ("D", true, r => (ShortNumber.Count(r.Tokens), r.Tokens)),
        ("epochs", true, r => Digits(r.Epochs)),
        ("C = 6ND", true, r => Digits(r.Flops.SixND)),
        ("peak lr", true, r => Digits(r.PeakLearningRate)),
        ("seed", true, r => (r.Seed.ToString(CultureInfo.InvariantCulture), r.Seed)),
        ("loss", true, r => Digits(r.ValidationLoss, 5)),
        ("bits/byte", true, r => Digits(r.BitsPerByte, 4)),
        ("tokens/s", true, r => (r.TokensPerSecond is { } t ? ShortNumber.Count(t) : "", r.TokensPerSecond)),
        ("time", true, r => (r.TrainSeconds is { } s ? ShortNumber.Duration(s) : "", r.TrainSeconds)),
        ("id", false, r => (r.RunId, null)),
    ];

    /// <summary>One or two sentences: how many runs, over which ranges, at what cost, on what.</summary>
    public static string Summary(SweepReportInput input)
    {
        var done = input.Runs.Where(r => r.IsCompleted).ToList();
        int rest = input.Runs.Count - done.Count, missing = Math.Max(0, (input.PlannedRuns ?? 0) - input.Runs.Count);
        var parts = new List<string> { string.Create(CultureInfo.InvariantCulture, $"{done.Count} completed run{(done.Count == 1 ? "" : "s")}") };
        if (rest > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{rest} that diverged or failed"));
        }

        if (missing > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{missing} still to do"));
        }

        if (done.Count == 0)
        {
            return string.Join(", ", parts) + ".";
        }

        double seconds = done.Sum(r => r.SpentTrainSeconds ?? r.TrainSeconds ?? 0); // what runs took over from a trunk is counted once
        return string.Join(", ", parts)
            + $": {Range(done, r => r.NonEmbeddingParameters)} non-embedding parameters, {Range(done, r => r.Tokens)} tokens, "
            + $"{ShortNumber.Digits(done.Min(r => r.Flops.SixND))} to {ShortNumber.Digits(done.Max(r => r.Flops.SixND))} FLOPs (6ND)"
            + (seconds > 0 ? $", {ShortNumber.Duration(seconds)} of training" : "")
            + (done.Any(r => r.DataSource == "synthetic-law") ? ". Losses of synthetic-law runs were drawn from a known law; nothing was trained" : "")
            + ".";
    }

    /// <summary>Runs without a loss, each with its cause.</summary>
    public static void Unfinished(HtmlWriter html, SweepReportInput input)
    {
        var runs = input.Runs.Where(r => !r.IsCompleted).ToList();
        if (runs.Count == 0)
        {
            return;
        }

        html.Element("h2", "Runs that diverged or failed");
        html.Element("p", "Fits and figures leave these out.", ("class", "soft"));
        html.Element("ul", () =>
        {
            foreach (var run in runs)
            {
                string why = run.DivergedAtStep is { } step
                    ? string.Create(CultureInfo.InvariantCulture, $"diverged at step {step} of {run.Steps}")
                    : run.Failure is { } cause ? $"{run.Status}: {cause.Replace('_', ' ')}" : run.Status;
                string attempts = run.Attempts is { } n and > 1 ? string.Create(CultureInfo.InvariantCulture, $", after {n} attempts") : "";
                html.Element("li", () =>
                {
                    html.Text($"{run.Name} {why}{attempts}; peak learning rate {ShortNumber.Digits(run.PeakLearningRate)}; id ");
                    html.Element("code", run.RunId);
                });
            }
        });
    }

    /// <summary>The table of all runs; a click on a head sorts it.</summary>
    public static void Runs(HtmlWriter html, SweepReportInput input)
    {
        html.Element("h2", "Runs");
        (string, string)[] open = input.Runs.Count <= OpenUpTo ? [("open", "open")] : [];
        html.Element("details", () =>
        {
            html.Element("summary", string.Create(CultureInfo.InvariantCulture, $"All {input.Runs.Count} runs; every column is in runs.csv"));
            html.Element("div", () => html.Element("table", () =>
            {
                html.Element("thead", () => html.Element("tr", () =>
                {
                    foreach (var column in Columns)
                    {
                        html.Element("th", column.Head, Class(column.Head, column.Number));
                    }
                }));
                html.Element("tbody", () =>
                {
                    foreach (var run in input.Runs)
                    {
                        html.Element("tr", () => Cells(html, run));
                    }
                });
            }, ("class", "sortable")), ("class", "scroll"));
        }, open);
    }

    /// <summary>Commands, engines, machine, inputs.</summary>
    public static void Reproduce(HtmlWriter html, SweepReportInput input)
    {
        html.Element("h2", "How to make it again");
        if (input.Reproduce.Count > 0)
        {
            html.Element("pre", string.Join('\n', input.Reproduce));
        }

        if (input.Fits is { Command.Count: > 0 } fits)
        {
            html.Element("p", "The fits were made by:");
            html.Element("pre", string.Join(' ', fits.Command));
        }

        html.Element("p", "A run's id is a hash of everything that decides what it computes; the same id gives the same run.", ("class", "soft"));
        html.Element("ul", () =>
        {
            foreach (var engine in input.Runs.Where(r => r.Engine is not null).GroupBy(r => (r.Engine, r.Device)).OrderByDescending(g => g.Count()))
            {
                html.Element("li", string.Create(CultureInfo.InvariantCulture, $"{engine.Count()} runs by {engine.Key.Engine} on {engine.Key.Device ?? "an unnamed device"}"));
            }

            foreach (var (name, value) in input.Environment)
            {
                html.Element("li", $"{name}: {value}");
            }

            foreach (var file in input.Fits?.Inputs ?? [])
            {
                html.Element("li", () =>
                {
                    html.Text(string.Create(CultureInfo.InvariantCulture, $"fitted from {file.File}, {file.Bytes} bytes, SHA-256 "));
                    html.Element("code", file.Sha256);
                });
            }

            if (input.Fits?.Generator is { } generator)
            {
                html.Element("li", generator);
            }
        });
    }

    private static void Cells(HtmlWriter html, RunRow run)
    {
        foreach (var column in Columns)
        {
            var (text, value) = column.Cell(run);
            (string, string)[] attributes = value is { } v ? [.. Class(column.Head, column.Number), ("data-value", v.ToString("R", CultureInfo.InvariantCulture))] : Class(column.Head, column.Number);
            if (column.Head == "id")
            {
                html.Element("td", () => html.Element("code", text), attributes);
            }
            else
            {
                html.Element("td", text, attributes);
            }
        }
    }

    private static (string, string)[] Class(string head, bool number) => [("class", number ? "n" : head is "run" ? "name" : "word")];

    private static (string, double?) Count(int value) => (value.ToString(CultureInfo.InvariantCulture), value);

    private static (string, double?) Digits(double? value, int digits = 3) => (value is { } v ? ShortNumber.Digits(v, digits) : "", value);

    private static string Range(List<RunRow> runs, Func<RunRow, double> quantity)
    {
        string low = ShortNumber.Count(runs.Min(quantity)), high = ShortNumber.Count(runs.Max(quantity));
        return low == high ? low : $"{low} to {high}";
    }
}
