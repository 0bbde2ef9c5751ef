using System.Numerics;
using Harness.Sweeps.Keys;
using Harness.Sweeps.Resolving;
using Harness.Sweeps.Values;
using Harness.Sweeps.Yaml;

namespace Harness.Sweeps.Axes;

/// <summary>Reads the axes of one block of the <c>sweep</c> section that are made of keys: product, zip, runs and seeds.</summary>
internal sealed class AxisReader(SettingReader settings, LayerReader layers, ProblemList problems)
{
    private const string Schedule = "training.lr_schedule";

    /// <summary>One axis a key.</summary>
    public IEnumerable<Axis> Product(YamlNode node)
    {
        if (Mapping(node, "sweep.product") is not { } map)
        {
            yield break;
        }

        foreach (var entry in map.Entries)
        {
            if (Values(entry) is var (path, span))
            {
                yield return new Axis(entry.Origin, [path], span.Count, () => [.. span.Values().Select(v => new AxisPoint { Layer = LayerOf(path, entry.Origin, v) })]);
            }
        }
    }

    /// <summary>One axis a mapping.</summary>
    public IEnumerable<Axis> Zip(YamlNode node)
    {
        var groups = node is ListNode list ? list.Items : [node];
        foreach (var group in groups)
        {
            if (Mapping(group, "sweep.zip") is not { } map)
            {
                continue;
            }

            var columns = map.Entries.Select(e => (Entry: e, Column: Values(e))).ToList();
            if (columns.Count == 0 || columns.Any(c => c.Column is null))
            {
                continue;
            }

            var lengths = columns.Select(c => c.Column!.Value.Span.Count).Distinct().ToList();
            if (lengths.Count > 1)
            {
                problems.Add(map.Origin, "sweep.zip", "lengths",
                    "lists of unequal length (" + string.Join(", ", columns.Select(c => $"{c.Column!.Value.Path}: {c.Column.Value.Span.Count}")) + ")",
                    "zipped lists are equally long", "Fill the shorter one, or use product");
                continue;
            }

            yield return new Axis(map.Origin, [.. columns.Select(c => c.Column!.Value.Path)], lengths[0], () =>
            {
                var made = columns.Select(c => (c.Column!.Value.Path, c.Entry.Origin, Nodes: c.Column.Value.Span.Values())).ToList();
                return [.. Enumerable.Range(0, made.Min(m => m.Nodes.Count)).Select(i =>
                {
                    var layer = new Layer();
                    made.ForEach(m => layer.TakeIn(LayerOf(m.Path, m.Origin, m.Nodes[i])));
                    return new AxisPoint { Layer = layer };
                })];
            });
        }
    }

    /// <summary>One axis of explicit runs.</summary>
    public Axis? Runs(YamlNode node)
    {
        if (node is not ListNode { Items.Count: > 0 } list)
        {
            problems.Add(node.Origin, "sweep.runs", "runs", node is ListNode ? "an empty list" : node.Description, "a list of mappings", "Write '- {model.d_model: 64, ...}'");
            return null;
        }

        var points = new List<AxisPoint>();
        foreach (var item in list.Items)
        {
            if (Mapping(item, "sweep.runs") is not { } map)
            {
                continue;
            }

            var name = map.Find("name") is { } n ? (settings.Read(SweepKeys.Find("name")! with { Path = "sweep.runs.name" }, n) as TextSetting)?.Text : null;
            points.Add(new AxisPoint { Layer = layers.Read(map, ["name"], perRunOnly: true), RunName = name });
        }

        return new Axis(list.Origin, [.. points.SelectMany(p => p.Layer.Values.Keys).Distinct()], points.Count, () => points);
    }

    /// <summary>An axis of <c>training.seed</c>.</summary>
    public Axis? Seeds(MapEntry entry)
    {
        var key = SweepKeys.Find("training.seed")!;
        if (entry.Value is ScalarNode scalar)
        {
            var count = settings.Read(key with { Path = "sweep.seeds", Min = 1, PerRun = false }, scalar) as NumberSetting;
            return count is null ? null : new Axis(entry.Origin, [key.Path], new BigInteger(count.Value), () =>
                [.. Enumerable.Range(1, (int)count.Value).Select(i => new AxisPoint { Layer = LayerOf(key.Path, entry.Origin, new ScalarNode(scalar.Origin, $"{i}")) })]);
        }

        return ValueSpan.Read(key, entry.Value, settings, problems) is { } span
            ? new Axis(entry.Origin, [key.Path], span.Count, () => [.. span.Values().Select(v => new AxisPoint { Layer = LayerOf(key.Path, entry.Origin, v) })])
            : null;
    }

    /// <summary>A mapping, or null with a problem.</summary>
    public MapNode? Mapping(YamlNode node, string key)
    {
        if (node is MapNode map)
        {
            return map;
        }

        if (node is not BrokenNode)
        {
            problems.Add(node.Origin, key, "mapping", node is ScalarNode { IsNull: true } ? "has no keys under it" : node.Description, "a mapping", "Write 'key: value' pairs");
        }

        return null;
    }

    private Layer LayerOf(string path, Origin origin, YamlNode value)
    {
        var layer = new Layer();
        layers.Put(layer, path, new MapEntry(path, origin, value), perRunOnly: true);
        return layer;
    }

    private (string Path, ValueSpan Span)? Values(MapEntry entry)
    {
        var path = SweepKeys.FullPath(entry.Key) ?? entry.Key;
        if (path is Schedule or "lr_schedule")
        {
            return entry.Value is ListNode { Items.Count: > 0 } schedules
                ? (Schedule, new ValueSpan(schedules.Items.Count, () => schedules.Items))
                : entry.Value is ListNode ? Empty(entry) : (Schedule, new ValueSpan(1, () => [entry.Value]));
        }

        if (SweepKeys.Find(path) is not { PerRun: true } key)
        {
            layers.Put(new Layer(), path, entry, perRunOnly: true); // says why
            return null;
        }

        return ValueSpan.Read(key, entry.Value, settings, problems) is { } span ? (path, span) : null;
    }

    private (string, ValueSpan)? Empty(MapEntry entry)
    {
        problems.Add(entry.Origin, Schedule, "empty-list", "an empty list", "an axis has at least one value", "Give values, or remove the key");
        return null;
    }
}
