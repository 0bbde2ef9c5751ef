using System.CommandLine;
using Harness.Reporting.Tables.Selection;
using Harness.Scaling;

namespace Harness.Cli.Fitting;

/// <summary>The options of <c>harness fit</c>, and what they say together.</summary>
internal sealed class FitOptionSet
{
    public Argument<string[]> Files { get; } = new("POINTS.csv")
    {
        Description = "One or several CSV files (comma, semicolon, tab or | separated), patterns such as curves/*.csv, or a sweep's folder (its runs.csv).",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public Option<bool> ListLaws { get; } = new("--list-laws") { Description = "Print every law: name, equation, source, the columns it needs; then stop." };

    public Option<bool> Schema { get; } = new("--schema") { Description = "Print the JSON Schema of fits.json; then stop." };

    private readonly Option<string[]> law = Text("--law", "LAW[,LAW...]", "The laws to fit.");
    private readonly Dictionary<string, Option<string?>> roles = PointRole.WithOption.ToDictionary(
        r => r.Name,
        r => One(r.Option, "COLUMN", $"Column or arithmetic for {r.Meaning}{(r.Columns.Count > 0 ? $" [default: {r.Columns[0]}]" : "")}."));

    private readonly Option<string[]> variable = Text("--var", "NAME=COLUMN", "Column or arithmetic for any other variable of a law.");
    private readonly Option<string?> group = One("--group", "COLUMN", "The run a row belongs to; 'file' for one run a file. Rows of one run are correlated and resampled together [default: trunk, where the table has such a column and runs share one].");
    private readonly Option<string?> schedule = One("--schedule", "FILE.csv", "For multi-power: columns run (or file), step, lr at every step, or at every corner of the schedule [default: drawn through the points' rows].");
    private readonly Option<string?> where = One("--where", "EXPR", "Rows to keep: comparisons joined by and (and or): \"flops>=1e21 and dataset=c4\".");
    private readonly Option<string?> dropHighest = One("--drop-highest", "K", "Leave out the K rows of highest loss, after --where.");
    private readonly Option<string?> meanLast = One("--mean-last", "K", "Make each group one point: its last row, with the mean loss of its last K rows.");
    private readonly Option<string?> duplicates = One("--duplicates", "refuse|drop|keep", "Rows that repeat an earlier row of their file in every column [default: refuse].");
    private readonly Option<string?> objective = One("--objective", "OBJ", "log-huber, log-lad, log-mse, huber, mse, lad, asymmetric-mae(W); after sum: or mean: to override what is printed [default: the one of the law's source].");
    private readonly Option<string?> delta = One("--delta", "X", "Huber's threshold [default: 1e-3].");
    private readonly Option<string?> starts = One("--starts", "grid|auto", "auto: variable projection or the law's own starts; grid: also the published grid (4,500 for chinchilla) as a cross-check [default: auto].");
    private readonly Option<string[]> fix = Text("--fix", "NAME=VALUE", "Hold a parameter at a value.");
    private readonly Option<string[]> at = Text("--at", "NAME=VALUE", "Give all parameters: nothing is fitted, the law is evaluated on the points.");
    private readonly Option<string?> preset = One("--preset", "NAME", "As --at, with published parameters (see --list-laws).");
    private readonly Option<string?> bootstrap = One("--bootstrap", "N", "Number of resamples for errors and intervals [default: none; asymptotic, for errors that may differ in size from row to row].");
    private readonly Option<string?> bootstrapBy = One("--bootstrap-by", "row|group|noise", "What is drawn again [default: group where rows have one, else row].");
    private readonly Option<string?> intervals = One("--intervals", "percentile|bca|expanded|studentised", "How intervals are read off the resamples [default: expanded: quantiles by Student's t].");
    private readonly Option<string?> confidence = One("--confidence", "P", "Probability that an interval is meant to cover [default: 0.95].");
    private readonly Option<string?> seed = One("--seed", "S", "Seed of every random draw [default: 1].");
    private readonly Option<string?> holdout = One("--holdout", "RULE", "Rows kept back to measure prediction: largest-n, largest-d, largest-c, COLUMN=VALUE (any --where), or a random share such as 0.2.");
    private readonly Option<string?> budgets = One("--budgets", "C[,C...]", "Compute budgets at which the optimal n, d and loss are derived, with intervals.");
    private readonly Option<string?> isoflop = One("--isoflop-by", "parabola|akima|surface", "How isoflop finds each budget's optimum [default: parabola].");
    private readonly Option<string?> envelope = One("--envelope-by", "curves|hull", "How envelope finds the frontier [default: curves].");
    private readonly Option<string?> tolerance = One("--budget-tolerance", "SHARE", "Rows whose compute differs by less belong to one isoFLOP budget [default: 0.1].");
    private readonly Option<string?> maximumLoss = One("--maximum-loss", "X", "Leave out rows above this loss as diverged.");
    private readonly Option<string?> threads = One("--threads", "N", "Threads to use [default: all cores]. The numbers do not depend on it.");
    private readonly Option<string?> @out = One("--out", "FILE", "Write fits.json; - for standard output instead of the text.");

    public IEnumerable<Option> All =>
    [
        law, .. roles.Values, variable, group, schedule, where, dropHighest, meanLast, duplicates, objective, delta, starts, fix, at, preset, bootstrap, bootstrapBy, intervals,
        confidence, seed, holdout, budgets, isoflop, envelope, tolerance, maximumLoss, threads, @out, ListLaws, Schema,
    ];

    /// <summary>Reads the options; every value is checked before any file is opened.</summary>
    /// <exception cref="UserMistakeException">A value is none that its option takes, or options contradict each other.</exception>
    public FitRequest Request(ParseResult parsed)
    {
        string[] laws = [.. (parsed.GetValue(law) ?? []).SelectMany(l => l.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Distinct(StringComparer.Ordinal)];
        Preset? published = parsed.GetValue(preset) is { } presetName ? LawNames.Published(presetName) : null;
        if (published is not null)
        {
            if (laws.Length > 0 && (laws.Length > 1 || laws[0] != published.Law))
            {
                throw new UserMistakeException($"--preset: {published.Name} holds constants of {published.Law}; the law must be that one; leave --law out.");
            }

            laws = [published.Law];
        }

        Dictionary<string, double> given = Assignments.Numbers("--at", parsed.GetValue(at));
        if (given.Count > 0 && published is not null)
        {
            throw new UserMistakeException("--preset: parameters are given by --at too; one of them is needed; remove the other.");
        }

        if (laws.Length == 0)
        {
            throw new UserMistakeException($"--law: none was given; there are {string.Join(", ", LawCatalog.Names)}; name one or several, separated by commas.");
        }

        string[] files = InputFiles.Expand(parsed.GetValue(Files) ?? []);
        Dictionary<string, string> columns = new(StringComparer.Ordinal);
        foreach ((string role, Option<string?> option) in roles)
        {
            if (parsed.GetValue(option) is { } text)
            {
                columns[role] = text;
            }
        }

        foreach ((string name, string value) in Assignments.Of("--var", parsed.GetValue(variable)))
        {
            columns[name] = value;
        }

        double? threshold = Value.Positive("--delta", parsed.GetValue(delta));
        string? objectiveText = parsed.GetValue(objective);
        Objective? chosen = objectiveText is { } o ? Objective.Parse(o, threshold) : null;
        if (threshold is not null && chosen is { Penalty: not Penalty.Huber })
        {
            throw new UserMistakeException($"--delta: {objectiveText} has no threshold; only log-huber and huber have one; leave --delta out.");
        }

        long? resamples = Value.Count("--bootstrap", parsed.GetValue(bootstrap), 2);
        string? unit = parsed.GetValue(bootstrapBy);
        if (resamples is null && (unit is not null || parsed.GetValue(intervals) is not null))
        {
            throw new UserMistakeException($"{(unit is not null ? "--bootstrap-by" : "--intervals")}: there is no bootstrap to apply it to; say how many resamples; add --bootstrap 1000.");
        }

        return new FitRequest
        {
            Files = files,
            Laws = laws,
            Columns = columns,
            Group = parsed.GetValue(group),
            Schedule = parsed.GetValue(schedule),
            Where = parsed.GetValue(where),
            DropHighest = (int)(Value.Count("--drop-highest", parsed.GetValue(dropHighest), 0) ?? 0),
            MeanLast = (int?)Value.Count("--mean-last", parsed.GetValue(meanLast), 1),
            Duplicates = Value.Choice("--duplicates", parsed.GetValue(duplicates), DuplicateRows.Refuse),
            Objective = chosen,
            Delta = threshold,
            Given = published is null ? given : LawNames.Joint(published.Law).Parameters.Zip(published.Parameters).ToDictionary(p => p.First.Name, p => p.Second),
            Preset = published,
            Holdout = parsed.GetValue(holdout),
            Out = parsed.GetValue(@out),
            Command = ["harness", .. parsed.Tokens.Select(t => t.Value)],
            Options = new FitOptions
            {
                Starts = Value.Choice("--starts", parsed.GetValue(starts), StartMode.Auto),
                Fixed = Assignments.Numbers("--fix", parsed.GetValue(fix)),
                Bootstrap = resamples is { } n
                    ? new BootstrapOptions
                    {
                        Resamples = (int)n,
                        Unit = unit is null ? null : Value.Choice("--bootstrap-by", unit, ResampleUnit.Row),
                        Intervals = Value.Choice("--intervals", parsed.GetValue(intervals), IntervalMethod.Expanded),
                    }
                    : null,
                Confidence = Value.Share("--confidence", parsed.GetValue(confidence)) ?? 0.95,
                Seed = (ulong)(Value.Count("--seed", parsed.GetValue(seed), 0) ?? 1),
                Budgets = [.. (parsed.GetValue(budgets) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(b => Value.Positive("--budgets", b)!.Value)],
                IsoFlop = Value.Choice("--isoflop-by", parsed.GetValue(isoflop), IsoFlopMethod.Parabola),
                Envelope = Value.Choice("--envelope-by", parsed.GetValue(envelope), EnvelopeMethod.Curves),
                BudgetTolerance = Value.Share("--budget-tolerance", parsed.GetValue(tolerance)) ?? 0.1,
                MaximumLoss = Value.Positive("--maximum-loss", parsed.GetValue(maximumLoss)),
                Threads = (int)(Value.Count("--threads", parsed.GetValue(threads), 0) ?? 0),
            },
        };
    }

    private static Option<string?> One(string name, string value, string description) => new(name) { HelpName = value, Description = description };

    private static Option<string[]> Text(string name, string value, string description) => new(name) { HelpName = value, Description = description };
}
