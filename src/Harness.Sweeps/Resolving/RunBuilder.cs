using System.Runtime.CompilerServices;
using Harness.Core.Runs;
using Harness.Sweeps.Axes;
using Harness.Sweeps.Keys;
using Harness.Sweeps.Planning;
using Harness.Sweeps.Values;
using Harness.Sweeps.Yaml;

namespace Harness.Sweeps.Resolving;

/// <summary>A run as its point gives it, before equal ones are merged.</summary>
internal sealed record BuiltRun(
    RunSpec Spec,
    string? GivenName,
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyList<Adjustment> Adjustments,
    IReadOnlyDictionary<string, string> Defaulted,
    double? Epochs,
    Lookup Lookup)
{
    /// <summary>The first of some keys that was given, with its place; if none was, the first with the place of its section.</summary>
    public (string Key, Origin Origin) PlaceOf(params string[] keys)
    {
        var key = keys.FirstOrDefault(k => Lookup.NodeOf(k) is not null) ?? keys[0];
        Lookup.Given(key, out var origin);
        return (key, origin);
    }
}

/// <summary>A point of the sweep to a run.</summary>
internal sealed class RunBuilder(SettingReader settings, Places places, Layer overrides, Layer file, DataResolver data, ProblemList problems)
{
    private static readonly string[] SizeKeys = ["model.family", "model.n_layer", "model.d_model", "model.n_head", "model.head_dim", "model.d_ff", "model.normalization", "model.activation", "model.biases"];

    private readonly Dictionary<(LadderTarget, string), (Layer Layer, double Found)?> rungs = [];

    private static readonly string[] LawKeys = ["e", "a", "b", "alpha", "beta", "noise", "seconds_per_run"];

    /// <summary>Points that a condition left out.</summary>
    public int LeftOut { get; private set; }

    /// <summary>The run at a point; null if it is unusable (reported) or left out by a condition.</summary>
    public BuiltRun? Build(IReadOnlyList<AxisPoint> point, SweepBlock block)
    {
        var layer = new Layer();
        foreach (var part in point)
        {
            layer.TakeIn(part.Layer);
        }

        var lookup = new Lookup(settings, places, [overrides, layer, file]);
        var adjustments = new List<Adjustment>();
        if (point.Select(p => p.Ladder).FirstOrDefault(l => l is not null) is { } target)
        {
            if (Rung(target, lookup) is not var (found, count))
            {
                return null;
            }

            lookup = lookup.With(found);
            if (count != target.Target)
            {
                adjustments.Add(new Adjustment("ladder", target.Target, count));
            }
        }

        var values = new KeyValues(lookup, problems);
        ResolvedData? resolved = null;
        var looked = false;
        ResolvedData? Data()
        {
            resolved = looked ? resolved : data.Resolve(values);
            looked = true;
            return resolved;
        }

        var model = new ModelResolver(values, () => Data() is { } d ? d.Facts?.VocabularySize ?? d.Spec.Synthetic!.Symbols : null);
        var training = new TrainingResolver(values, model, point.Select(p => p.Budget).FirstOrDefault(b => b is not null), Data);
        if (!IsWanted(values, block))
        {
            return null;
        }

        var modelSpec = model.Model(Data()?.Facts?.VocabularySize);
        var trainingSpec = training.Training();
        var law = Law(values);
        CheckMicroBatch(values, trainingSpec?.BatchTokens / modelSpec?.ContextLength);
        if (values.Broken || modelSpec is null || trainingSpec is null || resolved is null)
        {
            return null;
        }

        return new BuiltRun(
            new RunSpec { Model = modelSpec, Data = resolved.Spec, Training = trainingSpec, Synthetic = law },
            point.Select(p => p.RunName).FirstOrDefault(n => n is not null),
            Labels(point, block),
            [.. adjustments, .. training.Adjustments],
            values.Defaulted,
            resolved.Facts is { } facts ? trainingSpec.Tokens / (double)Math.Min(facts.TrainTokens, resolved.Spec.UniqueTokens ?? long.MaxValue) : null,
            lookup);
    }

    /// <summary>Solves a rung once for all points that agree in everything a model's size depends on.</summary>
    private (Layer Layer, double Found)? Rung(LadderTarget target, Lookup lookup)
    {
        var parts = string.Join(' ', SizeKeys.Select(k => lookup.NodeOf(k) is { } node ? RuntimeHelpers.GetHashCode(node) : 0));
        var expressions = SizeKeys.Select(k => lookup.Given(k, out _)).OfType<ExpressionSetting>().SelectMany(e => e.Expression.Names);
        var shared = expressions.All(n => SweepKeys.FullPath(n) is { } path && SizeKeys.Contains(path));
        if (shared && rungs.TryGetValue((target, parts), out var known))
        {
            return known;
        }

        var solved = LadderSolver.Solve(target, (depth, width) =>
        {
            var values = new KeyValues(lookup, problems);
            _ = new ModelResolver(values, () => null);
            values.Try("model.n_layer", depth);
            values.Try("model.d_model", width);
            values.Try("model.head_dim", target.HeadDim);
            values.Try("model.n_head", width / target.HeadDim);
            return values.Number("non_embedding_params");
        }, problems);
        return rungs[(target, parts)] = solved;
    }

    private bool IsWanted(KeyValues values, SweepBlock block)
    {
        foreach (var (condition, origin) in block.Where)
        {
            var holds = values.Holds(condition, origin);
            if (holds != true)
            {
                LeftOut += holds == false ? 1 : 0;
                return false;
            }
        }

        return true;
    }

    private static SyntheticLaw? Law(KeyValues values)
    {
        if (!values.Lookup.AnyUnder("synthetic"))
        {
            return null;
        }

        var given = LawKeys.Select(k => values.Number("synthetic." + k)).ToArray();
        return given.Any(v => v is null)
            ? null
            : new SyntheticLaw(given[0]!.Value, given[1]!.Value, given[2]!.Value, given[3]!.Value, given[4]!.Value, given[5]!.Value, given[6]!.Value);
    }

    private static void CheckMicroBatch(KeyValues values, int? sequences)
    {
        if (values.Lookup.Given("execution.micro_batch_sequences", out _) is NumberSetting { Value: var micro } && sequences is { } batch && batch % micro != 0)
        {
            values.Refuse("execution.micro_batch_sequences", "divides", $"{micro} does not divide a batch of {batch} sequences", null, "Use a divisor, or leave it out");
        }
    }

    private static Dictionary<string, string> Labels(IReadOnlyList<AxisPoint> point, SweepBlock block)
    {
        var labels = new Dictionary<string, string>();
        foreach (var (key, value) in point.SelectMany(p => p.Labels))
        {
            labels[key] = value;
        }

        if (block.Label is { } label)
        {
            labels["block"] = Printable.OneLine(label);
        }

        return labels;
    }
}
