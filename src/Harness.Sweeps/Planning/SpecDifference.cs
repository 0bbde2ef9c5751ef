using System.Text.Json.Nodes;
using Harness.Core.Runs;
using Harness.Core.Training;

namespace Harness.Sweeps.Planning;

/// <summary>A value in which two specs differ.</summary>
/// <param name="Key">The key as the sweep file spells it, for example <c>training.peak_lr</c>.</param>
/// <param name="Old">The old value as text; null where it had none.</param>
/// <param name="New">The new value; null where it has none.</param>
public sealed record SpecChange(string Key, string? Old, string? New)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Key}: {Old ?? "none"} -> {New ?? "none"}";
}

/// <summary>Compares specs by their canonical forms, the text that ids are made of.</summary>
public static class SpecDifference
{
    /// <summary>Every value that differs, in the order of the keys. Empty for equal ids.</summary>
    public static IReadOnlyList<SpecChange> Between(RunSpec old, RunSpec now) => Between(Leaves(old), Leaves(now));

    /// <summary>The leaves of a spec's canonical form, by the sweep file's keys.</summary>
    internal static SortedDictionary<string, string> Leaves(RunSpec spec)
    {
        var result = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Collect(JsonNode.Parse(RunId.CanonicalForm(spec))!, "", result);
        return result;
    }

    internal static IReadOnlyList<SpecChange> Between(SortedDictionary<string, string> old, SortedDictionary<string, string> now) =>
    [
        .. old.Keys.Union(now.Keys).Order(StringComparer.Ordinal)
            .Where(k => old.GetValueOrDefault(k) != now.GetValueOrDefault(k))
            .Select(k => new SpecChange(k, old.GetValueOrDefault(k), now.GetValueOrDefault(k))),
    ];

    internal static string ScheduleKind(LearningRateSchedule schedule) => schedule switch
    {
        ConstantSchedule => "constant",
        LinearSchedule => "linear",
        CosineSchedule => "cosine",
        _ => "wsd",
    };

    private static void Collect(JsonNode? node, string path, SortedDictionary<string, string> into)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var (key, value) in map)
                {
                    Collect(value, path.Length == 0 ? key : path + "." + key, into);
                }

                break;
            case JsonArray list:
                for (var i = 0; i < list.Count; i++)
                {
                    Collect(list[i], $"{path}.{i}", into);
                }

                break;
            case not null:
                into[Key(path)] = node.ToString();
                break;
        }
    }

    private static string Key(string path) => path switch
    {
        "model.mup.base_model_dim" => "model.mup_base_d_model",
        "data.content_hash" => "data (content)",
        _ => path.Replace("training.evaluation.", "evaluation.", StringComparison.Ordinal),
    };
}
