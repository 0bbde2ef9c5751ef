using Harness.Sweeps.Keys;
using Harness.Sweeps.Values;
using Harness.Sweeps.Yaml;

namespace Harness.Sweeps.Resolving;

/// <summary>What the layers say about a key, the top one first.</summary>
internal sealed class Lookup(SettingReader settings, Places places, params IReadOnlyList<Layer> topDown)
{
    private static readonly Dictionary<string, Setting> Defaults = SweepKeys.All.Where(k => k.HasLiteralDefault)
        .ToDictionary(k => k.Path, k => new SettingReader(new ProblemList()).Read(k, new ScalarNode(new Origin("default", 0), k.Default)));

    /// <summary>Where to point for keys that aren't written anywhere.</summary>
    public Places Places => places;

    /// <summary>The value given for a key, or null.</summary>
    public Setting? Given(string path, out Origin origin)
    {
        var node = NodeOf(path);
        origin = node?.Origin ?? places.Of(path);
        return node is null ? null : settings.Read(SweepKeys.Find(path)!, node);
    }

    /// <summary>What was written for a key, or null.</summary>
    public YamlNode? NodeOf(string path)
    {
        foreach (var layer in topDown)
        {
            if (layer.Values.TryGetValue(path, out var node))
            {
                return node;
            }

            if (layer.Hides(path))
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>The literal default of a key, or null.</summary>
    public static Setting? Default(string path) => Defaults.GetValueOrDefault(path);

    /// <summary>Whether any key of a section is given.</summary>
    public bool AnyUnder(string section) =>
        topDown.Any(l => l.Values.Keys.Any(k => k.StartsWith(section + ".", StringComparison.Ordinal)));

    /// <summary>The lookup with another layer on top of the point's, below the overrides' (the first).</summary>
    public Lookup With(Layer layer) => new(settings, places, [topDown[0], layer, .. topDown.Skip(1)]);

    /// <summary>Whether the overrides (the first layer) give a key.</summary>
    public bool Overridden(string path) => topDown[0].Values.ContainsKey(path);
}
