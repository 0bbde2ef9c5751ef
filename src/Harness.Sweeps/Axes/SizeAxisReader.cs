using System.Numerics;
using Harness.Sweeps.Keys;
using Harness.Sweeps.Resolving;
using Harness.Sweeps.Values;
using Harness.Sweeps.Yaml;

namespace Harness.Sweeps.Axes;

/// <summary>Reads the axes that describe models by size: ladders and isoFLOP families.</summary>
internal sealed class SizeAxisReader(SettingReader settings, LayerReader layers, ProblemList problems)
{
    private static readonly string[] LadderKeys = ["model.n_layer", "model.d_model", "model.head_dim"];

    private static readonly SweepKey Depth = Key("sweep.ladder.depth", KeyKind.Whole, 1, 4096);
    private static readonly SweepKey Size = Key("sweep.ladder.non_embedding_params", KeyKind.Whole, 1, 1L << 53);
    private static readonly SweepKey Budgets = Key("sweep.isoflop.budgets", KeyKind.Real, 0, double.PositiveInfinity) with { AboveMin = true };

    private static readonly SweepKey Convention =
        new() { Path = "sweep.isoflop.flops", Kind = KeyKind.Choice, Choices = FlopBudget.ConventionNames, Default = "6nd", Doc = "" };

    /// <summary>A ladder by depth or by target size; null if unusable.</summary>
    public Axis? Ladder(MapNode map)
    {
        if (!OnlyKeys(map, "sweep.ladder", ["depth", "non_embedding_params", "aspect", "head_dim"]) || Shape(map, "sweep.ladder") is not var (aspect, headDim))
        {
            return null;
        }

        var depth = map.Find("depth");
        var size = map.Find("non_embedding_params");
        if (depth is null == size is null)
        {
            problems.Add(map.Origin, "sweep.ladder", "dial", depth is null ? "no dial" : "two dials", "a ladder has one dial", "Give depth or non_embedding_params");
            return null;
        }

        if (depth is not null)
        {
            return ValueSpan.Read(Depth, depth, settings, problems) is { } depths
                ? new Axis(map.Origin, LadderKeys, depths.Count, () => [.. Numbers(Depth, depths).Select(n => Rung((int)n.Value, aspect, headDim, n.Origin))])
                : null;
        }

        return ValueSpan.Read(Size, size!, settings, problems) is { } sizes
            ? new Axis(map.Origin, LadderKeys, sizes.Count, () => [.. Numbers(Size, sizes).Select(n => Aimed(n.Value, aspect, headDim, n.Origin))])
            : null;
    }

    /// <summary>A family of budgets, with or without sizes of its own; null if unusable.</summary>
    public Axis? Isoflop(MapNode map)
    {
        if (!OnlyKeys(map, "sweep.isoflop", ["budgets", "flops", "sizes"]))
        {
            return null;
        }

        if (map.Find("budgets") is not { } budgetsNode)
        {
            problems.Add(map.Origin, "sweep.isoflop.budgets", "missing", "is missing", null, "Give the budgets in FLOPs, such as [1e15, 1e16]");
            return null;
        }

        var convention = FlopConvention.SixN;
        if (map.Find("flops") is { } flops)
        {
            if (settings.Read(Convention, flops) is not TextSetting name)
            {
                return null;
            }

            convention = (FlopConvention)FlopBudget.ConventionNames.ToList().IndexOf(name.Text);
        }

        if (ValueSpan.Read(Budgets, budgetsNode, settings, problems) is not { } budgets)
        {
            return null;
        }

        Func<double, Origin, IReadOnlyList<AxisPoint>> sizesAt = (_, _) => [new AxisPoint()];
        var sizeCount = BigInteger.One;
        IReadOnlyList<string> keys = ["training.tokens"];
        if (map.Find("sizes") is { } sizesNode)
        {
            if (sizesNode is not MapNode sizes)
            {
                problems.Add(sizesNode.Origin, "sweep.isoflop.sizes", "sizes", sizesNode.Description, "a mapping of count, span, tokens_per_param, aspect and head_dim", null);
                return null;
            }

            if (SizesAround(sizes) is not { } around)
            {
                return null;
            }

            (sizeCount, sizesAt) = around;
            keys = [.. keys, .. LadderKeys];
        }

        return new Axis(map.Origin, keys, budgets.Count * sizeCount, () =>
        [
            .. Numbers(Budgets, budgets).SelectMany(b => sizesAt(b.Value, b.Origin).Select(p => p with
            {
                Budget = new FlopBudget(b.Value, convention, b.Origin),
                Labels = [KeyValuePair.Create("isoflop", Show.Compact(b.Value)), .. p.Labels],
            })),
        ]);
    }

    private (BigInteger Count, Func<double, Origin, IReadOnlyList<AxisPoint>> At)? SizesAround(MapNode map)
    {
        const string Path = "sweep.isoflop.sizes";
        if (!OnlyKeys(map, Path, ["count", "span", "tokens_per_param", "aspect", "head_dim"]) || Shape(map, Path) is not var (aspect, headDim))
        {
            return null;
        }

        var count = Number(map, Key(Path + ".count", KeyKind.Whole, 1, 10_000), 7);
        var span = Number(map, Key(Path + ".span", KeyKind.Real, 1, 1e9), 16);
        var ratio = Number(map, Key(Path + ".tokens_per_param", KeyKind.Real, 0, 1e9) with { AboveMin = true }, 20);
        if (count is not { } n || span is not { } s || ratio is not { } r)
        {
            return null;
        }

        return (new BigInteger(n), (budget, origin) =>
        [
            .. Enumerable.Range(0, (int)n).Select(i => Aimed(
                Math.Round(Math.Sqrt(budget / (6 * r)) * Math.Pow(s, n > 1 ? i / (n - 1) - 0.5 : 0)), aspect, headDim, origin)),
        ]);
    }

    private static AxisPoint Aimed(double target, double aspect, int headDim, Origin origin) => new()
    {
        Ladder = new LadderTarget(target, aspect, headDim, origin),
        Labels = [KeyValuePair.Create("ladder", Show.Compact(target))],
    };

    private AxisPoint Rung(int depth, double aspect, int headDim, Origin origin)
    {
        var point = new AxisPoint { Labels = [KeyValuePair.Create("ladder", $"depth {depth}")] };
        var width = Math.Max(1, (long)Math.Round(aspect * depth / headDim, MidpointRounding.AwayFromZero)) * headDim;
        foreach (var (key, value) in new[] { (LadderKeys[0], (long)depth), (LadderKeys[1], width), (LadderKeys[2], headDim) })
        {
            layers.Put(point.Layer, key, new MapEntry(key, origin, new ScalarNode(origin, $"{value}")), perRunOnly: true);
        }

        return point;
    }

    private (double Aspect, int HeadDim)? Shape(MapNode map, string path) =>
        Number(map, Key(path + ".aspect", KeyKind.Real, 0, 1e6) with { AboveMin = true }, 64) is { } aspect
        && Number(map, Key(path + ".head_dim", KeyKind.Whole, 1, 4096), 64) is { } headDim
            ? (aspect, (int)headDim)
            : null;

    private double? Number(MapNode map, SweepKey key, double fallback) =>
        map.Find(key.Path[(key.Path.LastIndexOf('.') + 1)..]) is { } node ? (settings.Read(key, node) as NumberSetting)?.Value : fallback;

    private IEnumerable<(double Value, Origin Origin)> Numbers(SweepKey key, ValueSpan span) =>
        span.Values().Select(n => (settings.Read(key, n), n.Origin)).Where(x => x.Item1 is NumberSetting).Select(x => (((NumberSetting)x.Item1).Value, x.Origin));

    private bool OnlyKeys(MapNode map, string path, string[] known)
    {
        foreach (var entry in map.Entries.Where(e => !known.Contains(e.Key)))
        {
            problems.Add(entry.Origin, $"{path}.{Printable.OneLine(entry.Key)}", "unknown", "unknown key", $"known are {Show.Choices(known)}",
                NearestName.To(entry.Key, known) is { } near ? $"Did you mean {near}?" : null);
        }

        return map.Entries.All(e => known.Contains(e.Key));
    }

    private static SweepKey Key(string path, KeyKind kind, double min, double max) =>
        new() { Path = path, Kind = kind, Min = min, Max = max, Default = "", Doc = "" };
}
