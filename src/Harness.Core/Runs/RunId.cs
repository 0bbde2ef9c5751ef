using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Harness.Core.Runs;

/// <summary>
/// The identity of a run: 16 hex digits of the SHA-256 of the spec's canonical form and <see cref="TrainingSemantics"/>.
/// Comments, key order and paths in the YAML don't change it; a changed value does. The same id is never trained twice.
/// </summary>
/// <param name="Value">16 lower-case hex digits.</param>
[JsonConverter(typeof(RunIdJsonConverter))]
public readonly record struct RunId(string Value)
{
    /// <summary>Raised whenever the training code changes what a spec computes, so that old results are not taken for new ones.</summary>
    public const int TrainingSemantics = 1;

    /// <summary>The id of a spec.</summary>
    public static RunId Of(RunSpec spec)
    {
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes(CanonicalForm(spec)));
        return new RunId(Convert.ToHexStringLower(bytes)[..16]);
    }

    /// <summary>
    /// The text that is hashed: the spec as JSON with sorted keys, without nulls (so that a later optional key leaves old ids alone)
    /// and without where the data lies (its content hash stands for it), and the training code's version.
    /// </summary>
    public static string CanonicalForm(RunSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var portable = spec with { Data = spec.Data with { Paths = [], ValidationPaths = null, VocabularyPath = null } };
        var node = System.Text.Json.JsonSerializer.SerializeToNode(portable, CoreJson.Default.RunSpec)!;
        node["training_semantics"] = TrainingSemantics;
        return Sorted(node)!.ToJsonString();
    }

    /// <summary>Whether a text has the form of an id; used before it becomes a folder's name.</summary>
    public static bool IsWellFormed(string text) =>
        text is { Length: 16 } && text.All(c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f'));

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.Where(p => p.Value is not null)
            .OrderBy(p => p.Key, StringComparer.Ordinal)
            .Select(p => KeyValuePair.Create(p.Key, Sorted(p.Value)))),
        JsonArray a => new JsonArray([.. a.Select(Sorted)]),
        null => null,
        _ => node.DeepClone(),
    };
}
