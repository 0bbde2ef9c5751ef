using System.Text.Json;
using System.Text.Json.Serialization;

namespace Harness.Core.Runs;

/// <summary>Writes an id as its plain text and refuses anything that is not 16 hex digits, since ids become folder names.</summary>
internal sealed class RunIdJsonConverter : JsonConverter<RunId>
{
    public override RunId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.GetString();
        return text is not null && RunId.IsWellFormed(text)
            ? new RunId(text)
            : throw new JsonException($"'{text}' is no run id; a run id is 16 lower-case hex digits.");
    }

    public override void Write(Utf8JsonWriter writer, RunId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value);
}
