using System.Numerics;
using Harness.Sweeps.Expressions;
using Harness.Sweeps.Keys;
using Harness.Sweeps.Resolving;
using Harness.Sweeps.Values;
using Harness.Sweeps.Yaml;

namespace Harness.Sweeps.Axes;

/// <summary>One block of the <c>sweep</c> section: the product of its axes, less what its conditions leave out.</summary>
internal sealed record SweepBlock(IReadOnlyList<Axis> Axes, IReadOnlyList<(Condition Condition, Origin Origin)> Where, string? Label)
{
    public BigInteger Count => Axes.Aggregate(BigInteger.One, (n, a) => n * a.Count);

    /// <summary>All combinations, the first axis slowest. Count them first.</summary>
    public IEnumerable<IReadOnlyList<AxisPoint>> Points()
    {
        var axes = Axes.Select(a => a.Points()).ToArray();
        if (axes.Any(a => a.Count == 0))
        {
            yield break;
        }

        var index = new int[axes.Length];
        while (true)
        {
            yield return [.. axes.Select((a, i) => a[index[i]])];
            var digit = axes.Length - 1;
            while (digit >= 0 && ++index[digit] == axes[digit].Count)
            {
                index[digit--] = 0;
            }

            if (digit < 0)
            {
                yield break;
            }
        }
    }
}

/// <summary>Reads the <c>sweep</c> section.</summary>
internal sealed class SweepSection(SettingReader settings, LayerReader layers, ProblemList problems)
{
    private static readonly string[] Known = [.. SweepKeys.All.Where(k => k.Path.StartsWith("sweep.", StringComparison.Ordinal)).Select(k => k.Path[6..])];

    private readonly AxisReader axes = new(settings, layers, problems);
    private readonly SizeAxisReader sizes = new(settings, layers, problems);

    /// <summary>The blocks; a single block without axes (one run) where there is no section.</summary>
    public IReadOnlyList<SweepBlock> Read(YamlNode? node)
    {
        switch (node)
        {
            case null:
                return [new SweepBlock([], [], null)];
            case ListNode { Items.Count: 0 }:
                problems.Add(node.Origin, "sweep", "empty-list", "an empty list", "a mapping, or a list of mappings", "Remove it for a single run");
                return [];
            case ListNode list:
                return [.. list.Items.Select(i => axes.Mapping(i, "sweep")).Where(m => m is not null).Select(m => Block(m!))];
            default:
                return axes.Mapping(node, "sweep") is { } map ? [Block(map)] : [];
        }
    }

    private SweepBlock Block(MapNode map)
    {
        var found = new List<Axis>();
        var where = new List<(Condition, Origin)>();
        string? label = null;
        foreach (var entry in map.Entries)
        {
            switch (entry.Key)
            {
                case "product":
                    found.AddRange(axes.Product(entry.Value));
                    break;
                case "zip":
                    found.AddRange(axes.Zip(entry.Value));
                    break;
                case "ladder" when axes.Mapping(entry.Value, "sweep.ladder") is { } ladder:
                    found.AddRange(Given(sizes.Ladder(ladder)));
                    break;
                case "isoflop" when axes.Mapping(entry.Value, "sweep.isoflop") is { } isoflop:
                    found.AddRange(Given(sizes.Isoflop(isoflop)));
                    break;
                case "runs":
                    found.AddRange(Given(axes.Runs(entry.Value)));
                    break;
                case "seeds":
                    found.AddRange(Given(axes.Seeds(entry)));
                    break;
                case "where":
                    where.AddRange(Conditions(entry));
                    break;
                case "label":
                    label = (settings.Read(SweepKeys.Find("name")! with { Path = "sweep.label" }, entry.Value) as TextSetting)?.Text;
                    break;
                case "ladder" or "isoflop":
                    break;
                default:
                    Unknown(entry);
                    break;
            }
        }

        RefuseClashes(found);
        return new SweepBlock(found, where, label);
    }

    private void Unknown(MapEntry entry)
    {
        var path = SweepKeys.FullPath(entry.Key);
        problems.Add(entry.Origin, "sweep." + Printable.OneLine(entry.Key), "unknown", "unknown key", $"known are {Show.Choices(Known)}",
            path is not null ? $"To vary {path}, write it under product" : NearestName.To(entry.Key, Known) is { } near ? $"Did you mean {near}?" : null);
    }

    private IEnumerable<(Condition, Origin)> Conditions(MapEntry entry)
    {
        if (settings.Read(new SweepKey { Path = "sweep.where", Kind = KeyKind.TextList, Default = "", Doc = "" }, entry.Value) is not TextListSetting texts)
        {
            yield break;
        }

        foreach (var (text, origin) in texts.Texts)
        {
            Condition? condition = null;
            try
            {
                condition = ExpressionParser.ParseCondition(text);
            }
            catch (ExpressionException e)
            {
                problems.Add(origin, "sweep.where", "condition", $"{Printable.Quoted(text)} is no condition: {e.Message}", "a condition is two expressions and one of < <= > >= == !=", null);
            }

            if (condition is not null)
            {
                yield return (condition, origin);
            }
        }
    }

    /// <summary>No two axes may give one key, or the two keys of an exclusive pair.</summary>
    private void RefuseClashes(List<Axis> found)
    {
        var owners = new Dictionary<string, Axis>();
        foreach (var axis in found)
        {
            foreach (var key in axis.Keys)
            {
                var owner = owners.GetValueOrDefault(key) ?? (SweepKeys.AlternativeTo(key) is { } other ? owners.GetValueOrDefault(other) : null);
                if (owner is not null && owner != axis)
                {
                    problems.Add(axis.Origin, key, "axes", $"two axes of the sweep set it, here and at {owner.Origin}", "one axis sets a key", "Remove it from one of them");
                }

                owners[key] = axis;
            }
        }
    }

    private static IEnumerable<Axis> Given(Axis? axis) => axis is null ? [] : [axis];
}
