using System.Globalization;
using System.Numerics;
using Harness.Core.Data;
using Harness.Core.Runs;
using Harness.Sweeps.Axes;
using Harness.Sweeps.Keys;
using Harness.Sweeps.Requests;
using Harness.Sweeps.Resolving;
using Harness.Sweeps.Values;
using Harness.Sweeps.Yaml;

namespace Harness.Sweeps.Planning;

/// <summary>From a tree of YAML to a plan: layers, axes, runs, names, costs.</summary>
internal sealed class PlanMaker
{
    private readonly MapNode root;
    private readonly string text;
    private readonly string file;
    private readonly string folder;
    private readonly IDataCatalog catalog;
    private readonly SweepReadOptions options;
    private readonly ProblemList problems;
    private readonly SettingReader settings;
    private readonly Places places;
    private readonly LayerReader layers;

    public PlanMaker(MapNode root, string text, string file, string folder, IDataCatalog catalog, SweepReadOptions options, ProblemList problems)
    {
        this.root = root;
        this.text = text;
        this.file = file;
        this.folder = folder;
        this.catalog = catalog;
        this.options = options;
        this.problems = problems;
        settings = new SettingReader(problems);
        places = new Places(new Origin(file, 0));
        layers = new LayerReader(settings, places, problems);
    }

    public SweepPlan? Make()
    {
        var (overrides, edited) = new OverrideReader(layers, problems).Apply(options.Overrides, root);
        var baseLayer = layers.Read(edited, ["sweep"], perRunOnly: false);
        var blocks = new SweepSection(settings, layers, problems).Read(edited.Find("sweep"));
        var lookup = new Lookup(settings, places, [overrides, baseLayer]);
        var requests = new RequestReader(lookup, problems, options.KnownLaws);
        var (execution, fit) = (requests.Execution(), requests.Fit());
        if (!FitsLimit(blocks))
        {
            return null;
        }

        var builder = new RunBuilder(settings, places, overrides, baseLayer, new DataResolver(catalog, new DataFiles(folder, problems)), problems);
        var built = blocks.SelectMany(b => b.Points().Select(p => builder.Build(p, b))).Where(r => r is not null).Select(r => r!).ToList();
        if (built.Count == 0 && !problems.Any)
        {
            problems.Add(edited.Find("sweep")?.Origin ?? new Origin(file, 0), "sweep.where", "nothing", $"its conditions leave out every run ({builder.LeftOut})", null, "Loosen them");
        }

        return problems.Any ? null : Plan(built, builder.LeftOut, lookup, execution, fit);
    }

    private bool FitsLimit(IReadOnlyList<SweepBlock> blocks)
    {
        var count = blocks.Aggregate(BigInteger.Zero, (n, b) => n + b.Count);
        if (count <= options.MaxRuns)
        {
            return true;
        }

        var largest = blocks.MaxBy(b => b.Count)!;
        var product = string.Join(" x ", largest.Axes.Where(a => a.Count > 1).Select(a => Short(a.Count)));
        problems.Add(root.Entries.FirstOrDefault(e => e.Key == "sweep")?.Origin ?? new Origin(file, 0), "sweep", "size",
            $"{Short(count)} runs{(blocks.Count == 1 && largest.Axes.Count(a => a.Count > 1) > 1 ? $" ({product})" : "")}", $"at most {Show.Exact(options.MaxRuns)}", "Vary less at once, or raise the limit with --max-runs");
        return false;
    }

    private static string Short(BigInteger n) =>
        n < 1_000_000_000_000_000 ? Show.Exact((long)n) : "about " + ((double)n).ToString("0.#e0", CultureInfo.InvariantCulture);

    private SweepPlan? Plan(List<BuiltRun> built, int leftOut, Lookup lookup, ExecutionRequest execution, FitRequest fit)
    {
        var byId = new Dictionary<RunId, BuiltRun>();
        var order = new List<RunId>();
        foreach (var run in built)
        {
            var id = RunId.Of(run.Spec);
            if (byId.TryGetValue(id, out var twin))
            {
                byId[id] = twin with { Labels = Joined(twin.Labels, run.Labels), GivenName = twin.GivenName ?? run.GivenName };
            }
            else
            {
                byId[id] = run;
                order.Add(id);
            }
        }

        var branches = execution.ShareTrunk ? new TrunkFinder(problems).Find([.. order.Select(id => (id, byId[id]))]) : new Dictionary<RunId, TrunkBranch>();
        if (problems.Any)
        {
            return null;
        }

        var names = RunNames.Of([.. order.Select(id => (id, byId[id].Spec, byId[id].GivenName))]);
        var prices = new RunPrices(execution, options.Speed, options.OnGpu);
        var snapshots = branches.Values.Distinct().GroupBy(b => b.Trunk).ToDictionary(g => g.Key, g => g.Count());
        var figures = order.Select(id => prices.Figures(id, byId[id], branches.GetValueOrDefault(id), snapshots.GetValueOrDefault(id))).ToList();
        if (execution.Stack is { IsAuto: false, Most: > 1 } stack)
        {
            var mates = order.GroupBy(id => StackShape.Of(byId[id].Spec)).SelectMany(g => g.Select(id => (id, Count: g.Count()))).ToDictionary(m => m.id, m => m.Count);
            figures = [.. figures.Select(f => f with { Memory = f.Memory.Together(Math.Min(stack.Most, mates[f.Id])) })];
        }

        List<PlannedRun> planned = [.. order.Select((id, i) => prices.Planned(byId[id], names[i], figures[i], branches.GetValueOrDefault(id), snapshots.GetValueOrDefault(id)))];
        var stem = Path.GetFileNameWithoutExtension(file);
        var name = (lookup.Given("name", out _) as TextSetting)?.Text ?? (stem.Length > 0 ? stem : "sweep");
        return new SweepPlan
        {
            Name = Printable.OneLine(name),
            Slug = Slug.Of(name),
            Question = lookup.Given("question", out _) is TextSetting question ? Printable.OneLine(question.Text.ReplaceLineEndings(" ").Trim()) : null,
            File = file,
            Source = text,
            Overrides = options.Overrides,
            Runs = planned,
            Figures = figures,
            Totals = RunPrices.Totals(planned, figures),
            Savings = TrunkSavings.Of(planned),
            Defaults = Defaults(order.Select(id => byId[id])),
            Notes = [.. Notes(built, order.Count, leftOut), .. TrunkNotes.Of(execution.ShareTrunk, planned, byId)],
            Execution = execution,
            Fit = fit,
        };
    }

    private IEnumerable<string> Notes(List<BuiltRun> built, int distinct, int leftOut)
    {
        if (built.Count > distinct)
        {
            yield return $"{built.Count - distinct} of {built.Count} runs equal another run of the sweep and are trained once.";
        }

        if (leftOut > 0)
        {
            yield return $"{leftOut} runs are left out by sweep.where.";
        }

        foreach (var change in options.Overrides)
        {
            yield return "--set " + Printable.OneLine(change);
        }

        if (built[0].Spec.Synthetic is not null)
        {
            yield return "The losses are drawn from the law under synthetic:; nothing is trained and no data is read.";
        }
    }

    private static Dictionary<string, string> Joined(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other)
    {
        var result = new Dictionary<string, string>(one);
        foreach (var (key, value) in other)
        {
            result.TryAdd(key, value);
        }

        return result;
    }

    /// <summary>One value, or the first and last of several in their order.</summary>
    private static List<KeyValuePair<string, string>> Defaults(IEnumerable<BuiltRun> runs)
    {
        var seen = new Dictionary<string, (string First, HashSet<string> All)>();
        foreach (var (key, value) in runs.SelectMany(r => r.Defaulted))
        {
            if (!seen.TryGetValue(key, out var known))
            {
                seen[key] = known = (value, []);
            }

            known.All.Add(value);
        }

        return [.. SweepKeys.All.Where(k => seen.ContainsKey(k.Path)).Select(k => KeyValuePair.Create(
            k.Path, seen[k.Path].All.Count == 1 ? seen[k.Path].First : $"{seen[k.Path].First} ... ({seen[k.Path].All.Count} values, {k.Default})"))];
    }
}
