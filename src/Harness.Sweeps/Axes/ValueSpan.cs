using System.Globalization;
using System.Numerics;
using Harness.Sweeps.Keys;
using Harness.Sweeps.Values;
using Harness.Sweeps.Yaml;

namespace Harness.Sweeps.Axes;

/// <summary>The values of one key along an axis: a list, one value, or a range that is counted before it is made.</summary>
/// <param name="Count">How many.</param>
/// <param name="Values">Makes them, one node each.</param>
internal sealed record ValueSpan(BigInteger Count, Func<IReadOnlyList<YamlNode>> Values)
{
    private static readonly string[] RangeKeys = ["from", "to", "step", "count", "per_octave", "per_decade", "scale", "multiple_of"];

    /// <summary>Reads the values of a key; null if they are unusable (reported).</summary>
    public static ValueSpan? Read(SweepKey key, YamlNode node, SettingReader settings, ProblemList problems)
    {
        switch (node)
        {
            case ListNode { Items.Count: 0 }:
                problems.Add(node.Origin, key.Path, "empty-list", "an empty list", "an axis has at least one value", "Give values, or remove the key");
                return null;
            case ListNode list:
                foreach (var item in list.Items)
                {
                    settings.Read(key, item);
                }

                return new ValueSpan(list.Items.Count, () => list.Items);
            case MapNode map when key.Kind is KeyKind.Whole or KeyKind.Real:
                return Range(key, map, settings, problems);
            default:
                settings.Read(key, node);
                return new ValueSpan(1, () => [node]);
        }
    }

    private static ValueSpan? Range(SweepKey key, MapNode map, SettingReader settings, ProblemList problems)
    {
        var before = problems.Count;
        foreach (var entry in map.Entries.Where(e => !RangeKeys.Contains(e.Key)))
        {
            problems.Add(entry.Origin, $"{key.Path}.{Printable.OneLine(entry.Key)}", "unknown", "unknown key", $"a range has {Show.Choices(RangeKeys)}",
                NearestName.To(entry.Key, RangeKeys) is { } near ? $"Did you mean {near}?" : null);
        }

        double? Number(string name, KeyKind kind, double min, bool aboveMin) =>
            map.Find(name) is { } node
                ? (settings.Read(new SweepKey { Path = $"{key.Path}.{name}", Kind = kind, Min = min, AboveMin = aboveMin, Max = kind == KeyKind.Whole ? 1L << 53 : double.PositiveInfinity, Default = "", Doc = "" }, node) as NumberSetting)?.Value
                : null;

        var whole = key.Kind == KeyKind.Whole;
        var from = Number("from", KeyKind.Real, double.NegativeInfinity, false);
        var to = Number("to", KeyKind.Real, double.NegativeInfinity, false);
        var step = Number("step", KeyKind.Real, 0, true);
        var count = Number("count", KeyKind.Whole, 1, false);
        var perOctave = Number("per_octave", KeyKind.Real, 0, true);
        var perDecade = Number("per_decade", KeyKind.Real, 0, true);
        var multiple = Number("multiple_of", KeyKind.Whole, 1, false);
        var scale = map.Find("scale") is { } s
            ? (settings.Read(new SweepKey { Path = key.Path + ".scale", Kind = KeyKind.Choice, Choices = ["log", "linear"], Default = "", Doc = "" }, s) as TextSetting)?.Text
            : "log";
        if (problems.Count > before)
        {
            return null;
        }

        string? wrong = null;
        if (from is null || to is null || new[] { step, count, perOctave, perDecade }.Count(x => x is not null) != 1)
        {
            wrong = "a range that is not complete";
        }
        else if (to < from || (count == 1 && from != to))
        {
            wrong = count == 1 ? "one value can't be both ends" : $"from {Show.Real(from.Value)} to {Show.Real(to.Value)} runs backwards";
        }
        else if (step is null && scale == "log" && from <= 0)
        {
            wrong = $"equal factors can't start at {Show.Real(from.Value)}";
        }
        else if (multiple is not null && !whole)
        {
            wrong = "multiple_of, which is for keys that hold whole numbers";
        }

        if (wrong is not null)
        {
            problems.Add(map.Origin, key.Path, "range", wrong, "a range is {from, to, step} or {from, to, count | per_octave | per_decade}, or {from, to, count, scale: linear}", null);
            return null;
        }

        Func<BigInteger, double> at;
        BigInteger n;
        if (step is { } d)
        {
            n = new BigInteger(Math.Floor((to!.Value - from!.Value) / d * (1 + 1e-12) + 1e-9)) + 1;
            at = i => from.Value + (double)i * d;
        }
        else if (count is { } c)
        {
            n = new BigInteger(c);
            var last = Math.Max(1, c - 1);
            at = scale == "linear"
                ? i => from!.Value + (to!.Value - from.Value) * ((double)i / last)
                : i => from!.Value * Math.Pow(to!.Value / from.Value, (double)i / last);
        }
        else
        {
            var ratio = perOctave is { } o ? Math.Pow(2, 1 / o) : Math.Pow(10, 1 / perDecade!.Value);
            n = new BigInteger(Math.Floor(Math.Log(to!.Value / from!.Value) / Math.Log(ratio) + 1e-9)) + 1;
            at = i => from.Value * Math.Pow(ratio, (double)i);
        }

        var roundTo = step is null ? multiple ?? (whole ? 1 : null) : multiple;
        return new ValueSpan(n, () => Make(key, map.Origin, (int)n, i => at(i), roundTo, settings, problems));
    }

    /// <remarks>Twelve digits: enough for any experiment, and the same on machines whose pow differs in the last bit, so that ids agree.</remarks>
    private static List<YamlNode> Make(SweepKey key, Origin origin, int count, Func<int, double> at, double? roundTo, SettingReader settings, ProblemList problems)
    {
        var nodes = new List<YamlNode>(count);
        string? previous = null;
        for (var i = 0; i < count; i++)
        {
            var value = roundTo is { } m ? Math.Round(at(i) / m, MidpointRounding.AwayFromZero) * m : at(i);
            var text = double.Parse(value.ToString("G12", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture);
            if (text == previous)
            {
                problems.Add(origin, key.Path, "repeats", $"the range gives {text} twice after rounding", null, "Use fewer values");
                break;
            }

            previous = text;
            nodes.Add(new ScalarNode(origin, text));
            settings.Read(key, nodes[^1]);
        }

        return nodes;
    }
}
