using System.Text.Json;

namespace Harness.Cli.Tests.Fitting;

/// <summary>Checks JSON against the part of JSON Schema that fits.schema.json uses.</summary>
internal sealed class JsonSchema(JsonElement root)
{
    public IReadOnlyList<string> Problems(JsonElement value) => [.. Check(value, root, "$")];

    private IEnumerable<string> Check(JsonElement value, JsonElement schema, string path)
    {
        foreach (JsonProperty rule in schema.EnumerateObject())
        {
            IEnumerable<string> problems = rule.Name switch
            {
                "$ref" => Check(value, Definition(rule.Value.GetString()!), path),
                "type" => Types(rule.Value).Any(t => Is(value, t)) ? [] : [$"{path}: {value.ValueKind} is not {rule.Value}"],
                "enum" => rule.Value.EnumerateArray().Any(e => e.GetRawText() == value.GetRawText()) ? [] : [$"{path}: {value} is none of {rule.Value}"],
                "const" => rule.Value.GetRawText() == value.GetRawText() ? [] : [$"{path}: {value} is not {rule.Value}"],
                "oneOf" => rule.Value.EnumerateArray().Any(s => !Check(value, s, path).Any()) ? [] : [$"{path}: fits none of its forms", .. Check(value, rule.Value.EnumerateArray().Last(), path)],
                "required" when value.ValueKind == JsonValueKind.Object => rule.Value.EnumerateArray().Where(r => !value.TryGetProperty(r.GetString()!, out _)).Select(r => $"{path}: {r} is missing"),
                "items" when value.ValueKind == JsonValueKind.Array => value.EnumerateArray().SelectMany((v, i) => Check(v, rule.Value, $"{path}[{i}]")),
                "minItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= rule.Value.GetInt32() ? [] : [$"{path}: too short"],
                "maxItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= rule.Value.GetInt32() ? [] : [$"{path}: too long"],
                "properties" when value.ValueKind == JsonValueKind.Object => value.EnumerateObject().Where(p => rule.Value.TryGetProperty(p.Name, out _)).SelectMany(p => Check(p.Value, rule.Value.GetProperty(p.Name), $"{path}.{p.Name}")),
                "additionalProperties" when value.ValueKind == JsonValueKind.Object => Additional(value, schema, rule.Value, path),
                "exclusiveMinimum" => value.GetDouble() > rule.Value.GetDouble() ? [] : [$"{path}: too small"],
                "exclusiveMaximum" => value.GetDouble() < rule.Value.GetDouble() ? [] : [$"{path}: too large"],
                "required" or "items" or "properties" or "additionalProperties" or "$schema" or "title" or "description" or "$defs" => [],
                _ => throw new NotSupportedException($"The schema uses {rule.Name}, which this checker does not know."),
            };
            foreach (string problem in problems)
            {
                yield return problem;
            }
        }
    }

    private IEnumerable<string> Additional(JsonElement value, JsonElement schema, JsonElement rule, string path)
    {
        IEnumerable<JsonProperty> others = value.EnumerateObject().Where(p => !(schema.TryGetProperty("properties", out JsonElement known) && known.TryGetProperty(p.Name, out _)));
        return rule.ValueKind == JsonValueKind.False
            ? others.Select(p => $"{path}.{p.Name}: not in the schema")
            : others.SelectMany(p => Check(p.Value, rule, $"{path}.{p.Name}"));
    }

    private JsonElement Definition(string reference) => root.GetProperty("$defs").GetProperty(reference["#/$defs/".Length..]);

    private static IEnumerable<string> Types(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(t => t.GetString()!) : [type.GetString()!];

    private static bool Is(JsonElement value, string type) => type switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "array" => value.ValueKind == JsonValueKind.Array,
        "object" => value.ValueKind == JsonValueKind.Object,
        _ => throw new NotSupportedException(type),
    };
}
