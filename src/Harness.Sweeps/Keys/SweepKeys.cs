using Harness.Core.Data;
using Harness.Core.Models;

namespace Harness.Sweeps.Keys;

/// <summary>Every key of a sweep file, in the order of the reference. What isn't here is an unknown key.</summary>
public static partial class SweepKeys
{
    /// <summary>Every key.</summary>
    public static IReadOnlyList<SweepKey> All { get; } = [.. TopKeys(), .. ModelKeys(), .. DataKeys(), .. TrainingKeys(), .. EvaluationKeys(), .. SyntheticKeys(), .. ExecutionKeys(), .. SweepSectionKeys(), .. FitKeys()];

    private static readonly Dictionary<string, SweepKey> ByPath = All.ToDictionary(k => k.Path);

    private static readonly HashSet<string> Prefixes =
        [.. All.SelectMany(k => Enumerable.Range(1, k.Path.Count(c => c == '.')).Select(n => string.Join('.', k.Path.Split('.')[..n])))];

    private static readonly Dictionary<string, string> BareNames = Bare();

    /// <summary>Pairs of which a sweep gives one: in one layer both are an error, in a higher layer one replaces the other.</summary>
    internal static IReadOnlyList<(string, string)> Exclusive { get; } =
    [
        ("training.tokens", "training.steps"),
        ("model.n_head", "model.head_dim"),
        ("training.lr_schedule.warmup_steps", "training.lr_schedule.warmup_fraction"),
        ("training.lr_schedule.decay_steps", "training.lr_schedule.decay_fraction"),
        ("evaluation.every_steps", "evaluation.count"),
    ];

    /// <summary>What other tools call our keys; they are not accepted, but suggested.</summary>
    private static readonly Dictionary<string, string> Synonyms = new()
    {
        ["learning_rate"] = "training.peak_lr",
        ["lr"] = "training.peak_lr",
        ["max_lr"] = "training.peak_lr",
        ["scheduler"] = "training.lr_schedule",
        ["layers"] = "model.n_layer",
        ["num_layers"] = "model.n_layer",
        ["depth"] = "model.n_layer",
        ["width"] = "model.d_model",
        ["hidden_size"] = "model.d_model",
        ["n_embd"] = "model.d_model",
        ["num_heads"] = "model.n_head",
        ["heads"] = "model.n_head",
        ["block_size"] = "model.context_length",
        ["seq_len"] = "model.context_length",
        ["sequence_length"] = "model.context_length",
        ["n_ctx"] = "model.context_length",
        ["vocabulary_size"] = "model.vocab_size",
        ["architecture"] = "model.family",
        ["batch_size"] = "training.batch_tokens",
        ["max_steps"] = "training.steps",
        ["iterations"] = "training.steps",
        ["epochs"] = "data.max_epochs",
        ["dataset"] = "data.source",
        ["dtype"] = "training.precision",
        ["grad_clip"] = "training.optimizer.gradient_clip",
        ["clip"] = "training.optimizer.gradient_clip",
        ["grid"] = "sweep.product",
        ["eval"] = "evaluation",
    };

    /// <summary>The key of that dotted path, or null.</summary>
    public static SweepKey? Find(string path) => ByPath.GetValueOrDefault(path);

    /// <summary>Whether a path is a section, such as <c>training.optimizer</c>.</summary>
    internal static bool IsSection(string path) => Prefixes.Contains(path);

    /// <summary>The full path of a name that a user may shorten: <c>n_layer</c> is <c>model.n_layer</c>. Null if there is none.</summary>
    internal static string? FullPath(string name) => ByPath.ContainsKey(name) ? name : BareNames.GetValueOrDefault(name);

    /// <summary>The other key of an <see cref="Exclusive"/> pair, or null.</summary>
    internal static string? AlternativeTo(string path) =>
        Exclusive.Where(p => p.Item1 == path || p.Item2 == path).Select(p => p.Item1 == path ? p.Item2 : p.Item1).FirstOrDefault();

    /// <summary>A suggestion for an unknown key: its sibling with the nearest name, else a key elsewhere with that last part.</summary>
    internal static string? Suggest(string path)
    {
        var dot = path.LastIndexOf('.');
        var section = dot < 0 ? "" : path[..(dot + 1)];
        var leaf = path[(dot + 1)..];
        var siblings = All.Select(k => k.Path).Concat(Prefixes)
            .Where(p => p.StartsWith(section, StringComparison.Ordinal) && !p[section.Length..].Contains('.'))
            .Select(p => p[section.Length..]);
        if (NearestName.To(leaf, siblings) is { } sibling)
        {
            return section.Length == 0 || !IsSection(section.TrimEnd('.')) ? sibling : section + sibling;
        }

        if (NearestName.To(leaf, Synonyms.Keys) is { } synonym)
        {
            return Synonyms[synonym];
        }

        var leaves = All.Select(k => k.Path[(k.Path.LastIndexOf('.') + 1)..]).Distinct();
        return NearestName.To(leaf, leaves) is { } near ? FullPath(near) ?? All.First(k => k.Path.EndsWith("." + near, StringComparison.Ordinal)).Path : null;
    }

    private static Dictionary<string, string> Bare()
    {
        var result = new Dictionary<string, string>();
        foreach (var section in new[] { "model.", "training.", "training.lr_schedule.", "training.optimizer." })
        {
            foreach (var key in All.Where(k => k.Path.StartsWith(section, StringComparison.Ordinal) && !k.Path[section.Length..].Contains('.')))
            {
                result.TryAdd(key.Path[section.Length..], key.Path);
            }
        }

        foreach (var path in Prefixes.Concat(ByPath.Keys).Where(p => p.StartsWith("training.", StringComparison.Ordinal)))
        {
            result.TryAdd(path["training.".Length..], path);
        }

        return result;
    }

    private static SweepKey Whole(string path, long min, long max, string fallback, string doc) =>
        new() { Path = path, Kind = KeyKind.Whole, Min = min, Max = max, Default = fallback, HasLiteralDefault = IsLiteral(fallback), Doc = doc };

    private static SweepKey Real(string path, double min, double max, string fallback, string doc) =>
        new() { Path = path, Kind = KeyKind.Real, Min = min, Max = max, Default = fallback, HasLiteralDefault = IsLiteral(fallback), Doc = doc };

    private static SweepKey Choice(string path, IEnumerable<string> choices, string fallback, string doc) =>
        new() { Path = path, Kind = KeyKind.Choice, Choices = [.. choices], Default = fallback, HasLiteralDefault = choices.Contains(fallback), Doc = doc };

    private static SweepKey Flag(string path, string fallback, string doc) =>
        new() { Path = path, Kind = KeyKind.Flag, Default = fallback, HasLiteralDefault = fallback is "true" or "false", Doc = doc };

    private static SweepKey Text(string path, string fallback, string doc) =>
        new() { Path = path, Kind = KeyKind.Text, Default = fallback, Doc = doc };

    private static SweepKey Texts(string path, string fallback, string doc) =>
        new() { Path = path, Kind = KeyKind.TextList, Default = fallback, Doc = doc };

    private static SweepKey Structure(string path, string doc) =>
        new() { Path = path, Kind = KeyKind.Structure, Default = "none", Doc = doc };

    private static bool IsLiteral(string fallback) => fallback.Length > 0 && (char.IsAsciiDigit(fallback[0]) && !fallback.Contains(' '));

    private static IEnumerable<SweepKey> OfEachRun(IEnumerable<SweepKey> keys) => keys.Select(k => k with { PerRun = true, Identity = true });

    private static IEnumerable<string> Families => ModelFamily.All.Select(f => f.Name);

    private static IEnumerable<string> Sources => SpecNames.Of<DataSource>();
}
