using Harness.Sweeps.Keys;
using Harness.Sweeps.Yaml;

namespace Harness.Sweeps.Resolving;

/// <summary>
/// Keys given in one place (the file, a point of the sweep, the overrides). A layer on top wins key by key; giving one of an exclusive pair, or the whole
/// schedule, hides what lower layers say about it.
/// </summary>
internal sealed class Layer
{
    private const string Schedule = "training.lr_schedule.";
    private readonly Dictionary<string, YamlNode> values = [];
    private readonly HashSet<string> hidden = [];

    public IReadOnlyDictionary<string, YamlNode> Values => values;

    /// <summary>Gives a key its value; false if the layer has it already.</summary>
    public bool Add(string path, YamlNode node)
    {
        if (!values.TryAdd(path, node))
        {
            return false;
        }

        if (SweepKeys.AlternativeTo(path) is { } other)
        {
            hidden.Add(other);
        }

        return true;
    }

    /// <summary>Says that the layer gives the whole schedule, so that lower layers' parts of it don't show through.</summary>
    public void ReplaceSchedule() =>
        hidden.UnionWith(SweepKeys.All.Where(k => k.Path.StartsWith(Schedule, StringComparison.Ordinal)).Select(k => k.Path));

    public bool Hides(string path) => hidden.Contains(path);

    /// <summary>Takes everything of another layer in, which must not have keys in common.</summary>
    public void TakeIn(Layer other)
    {
        foreach (var (path, node) in other.values)
        {
            values[path] = node;
        }

        hidden.UnionWith(other.hidden);
    }
}
