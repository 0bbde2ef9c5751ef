using System.CommandLine;
using System.Globalization;
using Harness.Cli.Fitting;
using Harness.Reporting.Fits;
using Harness.Reporting.Plots;
using Harness.Reporting.Runs;
using Harness.Scaling;
using SweepFitRequest = Harness.Sweeps.Requests.FitRequest;

namespace Harness.Cli.Reports;

/// <summary>
/// The fits that a sweep asks for. Each is one <c>harness fit</c> command line on runs.csv, so that a reader can repeat it; this adds only which rows
/// a law of one variable speaks of: L(N) the runs at the data budget that most sizes share, L(D) those of the size that has most budgets,
/// L(C) the runs on the compute-efficient frontier (Kaplan et al. 2020, arXiv 2001.08361, section 6: the other variable must not be the bottleneck).
/// </summary>
internal sealed class SweepFits(string runsCsv, SweepFitRequest request)
{
    private static readonly string[] DefaultLaws = ["kaplan-n", "kaplan-d", "kaplan-c", "chinchilla"];

    // Held-out losses a run from which a curve is drawn.
    private const int EnoughForACurve = 8;

    private readonly List<RunRow> _runs = [.. RunsTable.Read(runsCsv).Where(r => r.IsCompleted && r.ValidationLoss is not null)];

    private IReadOnlyList<string> Laws => request.Laws.Count > 0 ? request.Laws : DefaultLaws;

    /// <summary>Fits everything and joins the answers and the refusals into one file. Each law is fitted to all its rows; how well it extrapolates is measured by a second fit that does not see the largest.</summary>
    public FitsFile Fit()
    {
        var files = Commands().Select(c => WithHoldout(Invoke(c.Line), c)).ToList();
        return new FitsFile
        {
            Fits = [.. files.SelectMany(f => f.Fits)],
            OtherCounts = [.. OtherCounts.Of(request with { Laws = Laws }).SelectMany(r => new SweepFits(runsCsv, r).Commands()).SelectMany(c => Invoke(c.Line).Fits)],
            Refused = [.. files.SelectMany(f => f.Refused)],
            Inputs = [.. files.SelectMany(f => f.Inputs).DistinctBy(i => i.File)],
            Generator = files.Select(f => f.Generator).FirstOrDefault(),
        };
    }

    private IEnumerable<(List<string> Line, string Holdout)> Commands()
    {
        foreach (var law in Laws)
        {
            var (column, rows, holdout) = law switch
            {
                "kaplan-n" => (request.N, AtSharedTokens(), "largest-n"),
                "kaplan-d" => (request.D, AtSharedSize(), "largest-d"),
                "kaplan-c" => (request.C, OnTheFrontier(), "largest-c"),
                _ => (null, null, "largest-c"),
            };
            yield return (law == LawCatalog.EnvelopeName ? Envelope() : Command(law, rows, []), request.Holdout ?? holdout);
            if (column is not null)
            {
                yield return (Command("power-offset", rows, ["--x", column]), request.Holdout ?? "largest-x"); // the same with an irreducible loss
            }
        }
    }

    /// <summary>
    /// Approach 1 of Hoffmann et al. (2203.15556) on the training curves: by the held-out loss where it was measured often enough to draw one, else by the training loss, as theirs.
    /// On the hull of the final points where the request names columns that the curves don't have.
    /// </summary>
    private List<string> Envelope()
    {
        SweepFitRequest own = new();
        bool plain = request.Where is null && (request.N, request.D, request.C, request.Loss) == (own.N, own.D, own.C, own.Loss);
        string curves = Path.Combine(Path.GetDirectoryName(runsCsv)!, "curves.csv");
        if (!plain || !File.Exists(curves))
        {
            return Command(LawCatalog.EnvelopeName, null, ["--envelope-by", "hull"]);
        }

        int measured = CurvesTable.Read(curves).Count(r => r.Metrics.ValidationLoss is not null);
        string loss = measured >= EnoughForACurve * _runs.Count ? "val_loss_nats_per_token" : "train_loss_nats_per_token";
        List<string> line = ["fit", curves, "--law", LawCatalog.EnvelopeName, "--group", "run_id", "--d", "tokens", "--c", "train_flops", "--loss", loss, "--where", $"{loss}>0"];
        Bootstrapped(line);
        return line;
    }

    private List<string> Command(string law, string? rows, IEnumerable<string> more)
    {
        var where = string.Join(" and ", new[] { request.Where, rows }.OfType<string>());
        List<string> line = ["fit", runsCsv, "--law", law, "--n", request.N, "--d", request.D, "--c", request.C, "--loss", request.Loss, .. more];
        void Add(string option, string? value)
        {
            if (value is { Length: > 0 })
            {
                line.AddRange([option, value]);
            }
        }

        Add("--where", where);
        Add("--objective", request.Objective);
        Add("--delta", request.Delta?.ToString("R", CultureInfo.InvariantCulture));
        Add("--drop-highest", request.DropHighest > 0 ? request.DropHighest.ToString(CultureInfo.InvariantCulture) : null);
        Bootstrapped(line);
        return line;
    }

    private void Bootstrapped(List<string> line)
    {
        if (request.Bootstrap is { } resamples and > 0)
        {
            line.AddRange(["--bootstrap", resamples.ToString(CultureInfo.InvariantCulture), "--seed", request.Seed.ToString(CultureInfo.InvariantCulture)]);
            line.AddRange(request.BootstrapBy is { } unit ? ["--bootstrap-by", unit] : []);
        }
    }

    private FitsFile WithHoldout(FitsFile fitted, (List<string> Line, string Holdout) command)
    {
        if (fitted.Fits is not [var fit] || LawCatalog.Laws.All(l => l.Name != fit.Law))
        {
            return fitted; // refused, or a frontier, which predicts no row
        }

        var kept = Invoke([.. command.Line, "--holdout", command.Holdout]);
        return fitted with
        {
            Fits =
            [
                kept.Fits is [{ Holdout: { } holdout }]
                    ? fit with { Holdout = holdout }
                    : fit with { Warnings = [.. fit.Warnings, $"No hold-out error: without the rows of {command.Holdout} the law can't be fitted."] },
            ],
        };
    }

    private FitsFile Invoke(List<string> line)
    {
        var path = Path.GetTempFileName();
        try
        {
            using var silent = new StringWriter(CultureInfo.InvariantCulture);
            var root = new RootCommand { FitCommand.Create() };
            var code = root.Parse([.. line, "--out", path]).Invoke(new InvocationConfiguration { Output = silent, Error = silent, EnableDefaultExceptionHandler = false });
            // The file lands beside runs.csv and moves with it, so rows and inputs are named without the folder.
            var folder = System.Text.Json.JsonEncodedText.Encode(Path.GetDirectoryName(runsCsv) + Path.DirectorySeparatorChar).ToString();
            File.WriteAllText(path, File.ReadAllText(path).Replace(folder, "", StringComparison.Ordinal));
            return code is ExitCodes.Done or ExitCodes.Refused
                ? FitsFile.Read(path)
                : new FitsFile { Fits = [], Refused = [new RefusedFit(line[3], "mistake", silent.ToString().Trim(), "Mend the sweep's 'fit:' and run it again; nothing is trained twice.", [])] };
        }
        finally
        {
            File.Delete(path);
        }
    }

    private string? AtSharedTokens() => Shared(_runs.GroupBy(r => r.Tokens), g => g.Select(r => r.NonEmbeddingParameters).Distinct().Count(), "tokens");

    private string? AtSharedSize() => Shared(_runs.GroupBy(r => r.NonEmbeddingParameters), g => g.Select(r => r.Tokens).Distinct().Count(), "non_embedding_params");

    /// <summary>The group with most distinct values of the other variable, the largest among equals.</summary>
    private static string? Shared(IEnumerable<IGrouping<long, RunRow>> groups, Func<IGrouping<long, RunRow>, int> breadth, string column)
    {
        var best = groups.OrderByDescending(breadth).ThenByDescending(g => g.Key).FirstOrDefault();
        return best is null ? null : string.Create(CultureInfo.InvariantCulture, $"{column}={best.Key}");
    }

    private double Compute(RunRow run) => request.C switch
    {
        "train_flops_total" => run.Flops.SixNTotalD,
        "train_flops_kaplan" => run.Flops.Kaplan,
        "train_flops_chinchilla" => run.Flops.Chinchilla,
        _ => run.Flops.SixND,
    };

    private string? OnTheFrontier()
    {
        var frontier = Frontier.LowerHull(_runs.Select(r => new PlotPoint(Compute(r), r.ValidationLoss!.Value, r.RunId))).Select(p => p.Note).ToHashSet();
        var rows = _runs.Where(r => frontier.Contains(r.RunId)).Select(r => $"run_id='{r.RunId}'");
        return frontier.Count == 0 ? null : string.Join(" or ", rows);
    }
}
