using Harness.Sweeps.Keys;
using Harness.Sweeps.Values;
using Harness.Sweeps.Yaml;

namespace Harness.Sweeps.Resolving;

/// <summary>Nested or dotted keys to a layer of full paths; unknown keys and values of the wrong kind become problems.</summary>
internal sealed class LayerReader(SettingReader settings, Places places, ProblemList problems)
{
    private const string Schedule = "training.lr_schedule";

    /// <summary>Reads a mapping.</summary>
    /// <param name="map">The mapping.</param>
    /// <param name="skip">Top-level keys that are read elsewhere.</param>
    /// <param name="perRunOnly">Whether keys of the whole sweep (execution, fit, name) are refused; short names such as <c>n_layer</c> are then allowed.</param>
    public Layer Read(MapNode map, IReadOnlyCollection<string> skip, bool perRunOnly)
    {
        var layer = new Layer();
        foreach (var entry in map.Entries.Where(e => !skip.Contains(e.Key)))
        {
            Put(layer, perRunOnly ? SweepKeys.FullPath(entry.Key) ?? entry.Key : entry.Key, entry, perRunOnly);
        }

        RefuseExclusivePairs(layer);
        return layer;
    }

    /// <summary>Adds one key, which may be a section with a mapping, to a layer.</summary>
    public void Put(Layer layer, string path, MapEntry entry, bool perRunOnly)
    {
        if (path == Schedule && entry.Value is ScalarNode)
        {
            layer.ReplaceSchedule();
            Set(layer, SweepKeys.Find(Schedule + ".kind")!, entry);
        }
        else if (SweepKeys.Find(path) is { Kind: not KeyKind.Structure } key)
        {
            if (perRunOnly && !key.PerRun)
            {
                problems.Add(entry.Origin, path, "per-run", "belongs to the whole sweep", "a run can't have its own", "Move it to the top level");
                return;
            }

            Set(layer, key, entry);
        }
        else if (SweepKeys.IsSection(path))
        {
            PutSection(layer, path, entry, perRunOnly);
        }
        else
        {
            problems.Add(entry.Origin, Printable.OneLine(path), "unknown", "unknown key", null,
                SweepKeys.Suggest(path) is { } near ? $"Did you mean {near}?" : "'harness plan --keys' lists all");
        }
    }

    private void PutSection(Layer layer, string path, MapEntry entry, bool perRunOnly)
    {
        if (path == Schedule)
        {
            layer.ReplaceSchedule();
        }

        if (!perRunOnly)
        {
            places.Add(path, entry.Origin);
        }

        if (entry.Value is MapNode map)
        {
            foreach (var inner in map.Entries)
            {
                Put(layer, path + "." + inner.Key, inner, perRunOnly);
            }
        }
        else if (entry.Value is ScalarNode { IsNull: true })
        {
            problems.Add(entry.Origin, path, "section", "has no keys under it", "a section is a mapping", "Indent its keys, or remove it");
        }
        else if (entry.Value is not BrokenNode)
        {
            problems.Add(entry.Origin, path, "section", entry.Value.Description, "a section is a mapping", "Write its keys indented under it");
        }
    }

    private void Set(Layer layer, SweepKey key, MapEntry entry)
    {
        if (!layer.Add(key.Path, entry.Value))
        {
            problems.Add(entry.Origin, key.Path, "duplicate", $"given twice, here and at {layer.Values[key.Path].Origin}", "a key stands once", "Remove one of them");
        }

        settings.Read(key, entry.Value);
    }

    private void RefuseExclusivePairs(Layer layer)
    {
        foreach (var (one, other) in SweepKeys.Exclusive)
        {
            if (layer.Values.TryGetValue(one, out var a) && layer.Values.TryGetValue(other, out var b))
            {
                problems.Add(b.Origin, other, "exclusive", $"given as well as {one} ({a.Origin})", "one follows from the other", "Remove one of them");
            }
        }
    }
}
