using Harness.Sweeps.Expressions;
using Harness.Sweeps.Keys;
using Harness.Sweeps.Values;
using Harness.Sweeps.Yaml;

namespace Harness.Sweeps.Resolving;

/// <summary>
/// The keys of one run as values. Numbers are computed when they are asked for, so that expressions can refer to keys in any order; a null means that a value
/// is unusable (reported, and <see cref="Broken"/> is set) or, for an optional key, none.
/// </summary>
internal sealed class KeyValues(Lookup lookup, ProblemList problems)
{
    /// <summary>What was given for training.tokens, before it becomes whole steps.</summary>
    public const string AskedTokens = "training.tokens as asked";

    private readonly Dictionary<string, double?> known = [];
    private readonly List<string> inProgress = [];
    private readonly Dictionary<string, Func<double?>> derived = [];
    private readonly Dictionary<string, string> defaulted = [];

    public Lookup Lookup => lookup;

    /// <summary>Whether any value asked for was unusable.</summary>
    public bool Broken { get; private set; }

    /// <summary>Keys that nobody gave, with the value that was used.</summary>
    public IReadOnlyDictionary<string, string> Defaulted => defaulted;

    /// <summary>Says how a key without a literal default, or a derived name, is computed.</summary>
    public void Derive(string name, Func<double?> compute) => derived[name] = compute;

    /// <summary>Gives a key a number, unless the overrides do.</summary>
    public void Try(string path, double value)
    {
        if (!lookup.Overridden(path))
        {
            known[path] = value;
        }
    }

    /// <summary>The number of a key or derived name.</summary>
    public double? Number(string path)
    {
        if (known.TryGetValue(path, out var value))
        {
            return value;
        }

        if (inProgress.Contains(path))
        {
            var cycle = inProgress.SkipWhile(p => p != path).Append(path).ToList();
            var chain = string.Join(" -> ", cycle.Where(p => p != AskedTokens));
            var blamed = cycle.Select(p => p == AskedTokens ? "training.tokens" : p).FirstOrDefault(p => lookup.Given(p, out _) is ExpressionSetting) ?? path;
            lookup.Given(blamed, out var origin);
            return Refuse(origin, blamed, "cycle", $"depends on itself ({chain})", null, "Give one of them a value of its own");
        }

        inProgress.Add(path);
        value = Compute(path);
        inProgress.Remove(path);
        known[path] = value;
        return value;
    }

    /// <summary>The number that was given for a key, without its derivation; null if none was.</summary>
    public double? GivenNumber(string path) => lookup.Given(path, out _) is { } setting ? Value(path, setting) : null;

    /// <summary>A number as a long, which the key's range allows.</summary>
    public long? Whole(string path) => (long?)Number(path);

    /// <summary>A choice or text, or <paramref name="fallback"/> where nobody gave it.</summary>
    public string? Text(string path, string? fallback = null)
    {
        switch (lookup.Given(path, out _) ?? Lookup.Default(path))
        {
            case TextSetting text:
                if (lookup.Given(path, out _) is null)
                {
                    defaulted[path] = text.Text;
                }

                return text.Text;
            case null:
                if (fallback is not null)
                {
                    defaulted[path] = fallback;
                }

                return fallback;
            default:
                Broken = true;
                return null;
        }
    }

    /// <summary>True or false.</summary>
    public bool? Flag(string path, bool fallback)
    {
        switch (lookup.Given(path, out _) ?? Lookup.Default(path))
        {
            case FlagSetting flag:
                return flag.Value;
            case null:
                defaulted[path] = fallback ? "true" : "false";
                return fallback;
            default:
                Broken = true;
                return null;
        }
    }

    /// <summary>Adds a problem about a key, at its place, and breaks the run.</summary>
    public double? Refuse(Origin origin, string path, string rule, string found, string? allowed, string? mend)
    {
        problems.Add(origin, path, rule, found, allowed, mend);
        Broken = true;
        return null;
    }

    /// <summary>Adds a problem about a key at the place where it was given.</summary>
    public void Refuse(string path, string rule, string found, string? allowed = null, string? mend = null)
    {
        lookup.Given(path, out var origin);
        Refuse(origin, path, rule, found, allowed, mend);
    }

    /// <summary>Breaks the run without a word, because the reason was reported.</summary>
    public void Break() => Broken = true;

    /// <summary>Whether a condition holds; null where it can't be told (reported).</summary>
    public bool? Holds(Condition condition, Origin origin)
    {
        try
        {
            return condition.Holds(name => NameValue(name, origin, "sweep.where"));
        }
        catch (ExpressionException e)
        {
            Refuse(origin, "sweep.where", "evaluation", e.Message, null, null);
            return null;
        }
    }

    private double? Compute(string path)
    {
        if (lookup.Given(path, out _) is { } given && !(path is "training.tokens"))
        {
            return Value(path, given);
        }

        if (derived.TryGetValue(path, out var compute))
        {
            var value = compute();
            if (value is { } v && SweepKeys.Find(path) is not null && lookup.Given(path, out _) is null)
            {
                defaulted[path] = Show.Number(v);
            }

            return value;
        }

        if (Lookup.Default(path) is NumberSetting literal)
        {
            defaulted[path] = SweepKeys.Find(path)!.Default;
            return literal.Value;
        }

        if (SweepKeys.Find(path) is { Optional: true })
        {
            return null;
        }

        return Refuse(lookup.Places.Of(path), path, "missing", "is missing", SweepKeys.Find(path) is { } key ? $"allowed is {key.Allowed}" : null, "Add it");
    }

    private double? Value(string path, Setting setting)
    {
        switch (setting)
        {
            case NumberSetting number:
                return number.Value;
            case NoneSetting:
                return null;
            case ExpressionSetting expression:
                return Evaluate(path, expression);
            default:
                Broken = true;
                return null;
        }
    }

    private double? Evaluate(string path, ExpressionSetting setting)
    {
        lookup.Given(path, out var origin);
        double? value;
        try
        {
            value = setting.Expression.Evaluate(name => NameValue(name, origin, path));
        }
        catch (ExpressionException e)
        {
            return Refuse(origin, path, "evaluation", $"{Printable.Quoted(setting.Text)}: {e.Message}", null, null);
        }

        var key = SweepKeys.Find(path)!;
        if (value is not { } v)
        {
            Broken = true;
            return null;
        }

        if (key.Kind == KeyKind.Whole && v != Math.Floor(v))
        {
            return Refuse(origin, path, "evaluation", $"{Printable.Quoted(setting.Text)} gives {Show.Real(v)}", $"allowed is {key.Allowed}", "Wrap it in round(...), floor(...) or ceil(...)");
        }

        return key.Contains(v)
            ? v
            : Refuse(origin, path, "evaluation", $"{Printable.Quoted(setting.Text)} gives {Show.Real(v)}", $"allowed is {key.Allowed}", null);
    }

    private double? NameValue(string name, Origin origin, string forKey)
    {
        if (derived.ContainsKey(name) && SweepKeys.FullPath(name) is null)
        {
            return Number(name);
        }

        if (SweepKeys.FullPath(name) is not { } path || SweepKeys.Find(path) is not { Kind: KeyKind.Whole or KeyKind.Real, PerRun: true } key)
        {
            var names = DerivedNames.All.Select(d => d.Name).Concat(SweepKeys.All.Where(k => k is { PerRun: true, Kind: KeyKind.Whole or KeyKind.Real }).Select(k => k.Path))
                .Concat(SweepKeys.All.Where(k => k.PerRun).Select(k => k.Path[(k.Path.LastIndexOf('.') + 1)..]).Where(n => SweepKeys.FullPath(n) is not null));
            var isKey = SweepKeys.FullPath(name) is not null;
            return Refuse(origin, forKey, "reference:" + name, isKey ? $"{name} is not a number" : $"there is no key or derived name {Printable.Quoted(name)}", null,
                NearestName.To(name, names) is { } near && near != name ? $"Did you mean {near}?" : "'harness plan --keys' lists all");
        }

        if (Number(path) is { } value)
        {
            return value;
        }

        return Broken ? null : Refuse(origin, forKey, "reference:" + name, $"{key.Path} is none here, so it has no number", null, null);
    }
}
