using Harness.Sweeps.Keys;
using Harness.Sweeps.Yaml;

namespace Harness.Sweeps.Resolving;

/// <summary>Reads <c>--set key=value</c>: a layer over everything else, and edits of the <c>sweep</c> section.</summary>
internal sealed class OverrideReader(LayerReader layers, ProblemList problems)
{
    /// <summary>The overrides' layer, and the root with the sweep section edited.</summary>
    public (Layer Layer, MapNode Root) Apply(IReadOnlyList<string> overrides, MapNode root)
    {
        var last = new Dictionary<string, MapEntry>();
        foreach (var text in overrides)
        {
            if (Entry(text) is not { } entry)
            {
                continue;
            }

            if (entry.Key.Split('.')[0] == "sweep")
            {
                root = (MapNode)Edited(root, entry.Key, entry);
                continue;
            }

            // A later override of the same key, or of its alternative, replaces an earlier one.
            if (SweepKeys.AlternativeTo(entry.Key) is { } other)
            {
                last.Remove(other);
            }

            last.Remove(entry.Key);
            last[entry.Key] = entry;
        }

        var layer = new Layer();
        foreach (var entry in last.Values)
        {
            layers.Put(layer, entry.Key, entry, perRunOnly: false);
        }

        return (layer, root);
    }

    private MapEntry? Entry(string text)
    {
        var origin = new Origin("--set " + text, 0);
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var key = equals < 0 ? "" : text[..equals].Trim();
        if (key.Length == 0)
        {
            problems.Add(origin, "", "form", "no key=value", null, "Write --set key=value, for example --set training.seed=2");
            return null;
        }

        if (SourceText.Decode(origin.File, System.Text.Encoding.UTF8.GetBytes(text), problems) is null)
        {
            return null;
        }

        var yaml = text[(equals + 1)..].Trim();
        var value = yaml.Length == 0 ? new ScalarNode(origin, "") : TreeReader.Read(yaml, origin.File, problems, fixedLine: 0);
        return value is null or BrokenNode ? null : new MapEntry(SweepKeys.FullPath(key) ?? key, origin, value);
    }

    /// <summary>A node with the value at a path replaced or added. Keys may themselves hold dots (<c>sweep.product.model.d_model</c>); a number picks from a list.</summary>
    private YamlNode Edited(YamlNode node, string path, MapEntry entry)
    {
        if (node is ListNode list)
        {
            var (head, tail) = Split(path);
            if (!int.TryParse(head, out var index) || index < 0 || index >= list.Items.Count)
            {
                problems.Add(entry.Origin, entry.Key, "index", $"{Printable.Quoted(head)} picks nothing from a list of {list.Items.Count}", $"0 to {list.Items.Count - 1}", null);
                return node;
            }

            return new ListNode(list.Origin, [.. list.Items.Select((item, i) => i != index ? item : tail.Length == 0 ? entry.Value : Edited(item, tail, entry))]);
        }

        var map = node as MapNode ?? new MapNode(entry.Origin, []);
        var match = map.Entries.Where(e => path == e.Key || path.StartsWith(e.Key + ".", StringComparison.Ordinal)).MaxBy(e => e.Key.Length);
        if (match is not null)
        {
            var value = path == match.Key ? entry.Value : Edited(match.Value, path[(match.Key.Length + 1)..], entry);
            return new MapNode(map.Origin, [.. map.Entries.Select(e => e == match ? e with { Value = value, Origin = path == match.Key ? entry.Origin : e.Origin } : e)]);
        }

        // What isn't there yet: sections of the sweep nest, keys of runs keep their dots.
        var (first, inner) = Split(path);
        var nests = inner.Length > 0 && (first == "sweep" || SweepKeys.Find("sweep." + first) is not null || first == "sizes");
        var added = nests ? new MapEntry(first, entry.Origin, Edited(new MapNode(entry.Origin, []), inner, entry)) : new MapEntry(path, entry.Origin, entry.Value);
        return new MapNode(map.Origin, [.. map.Entries, added]);
    }

    private static (string Head, string Tail) Split(string path)
    {
        var dot = path.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? (path, "") : (path[..dot], path[(dot + 1)..]);
    }
}
