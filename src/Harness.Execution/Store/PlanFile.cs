using System.Buffers;
using System.Text.Json;
using Harness.Core;
using Harness.Core.Runs;
using Harness.Execution.Files;

namespace Harness.Execution.Store;

/// <summary><c>plan.json</c>: the name of the sweep, its runs, and what sharing trunks saves where they do, sealed.</summary>
/// <param name="Sweep">Name of the sweep.</param>
/// <param name="Planned">The runs, in the plan's order.</param>
internal sealed record PlanFile(string Sweep, IReadOnlyList<PlannedRun> Planned)
{
    public static byte[] Format(string sweep, IReadOnlyList<PlannedRun> runs)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("sweep", sweep);
            json.WriteStartArray("runs");
            foreach (var run in runs)
            {
                JsonSerializer.Serialize(json, run, CoreJson.Default.PlannedRun);
            }

            json.WriteEndArray();
            if (TrunkSavings.Of(runs) is { } savings)
            {
                json.WritePropertyName("trunk_savings");
                JsonSerializer.Serialize(json, savings, CoreJson.Default.TrunkSavings);
            }

            json.WriteEndObject();
        }

        return SealedJson.Seal(body.WrittenSpan);
    }

    public static Unsealed<PlanFile> Read(IFileLayer files, string path) => SealedJson.Open(files, path, Parse);

    /// <summary>Run by run from the bytes: no tree of thousands of runs is built.</summary>
    private static PlanFile Parse(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        string? sweep = null;
        var runs = new List<PlannedRun>();
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            if (name == "sweep")
            {
                sweep = reader.GetString();
            }
            else if (name == "runs" && reader.TokenType == JsonTokenType.StartArray)
            {
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    runs.Add(JsonSerializer.Deserialize(ref reader, CoreJson.Default.PlannedRun) ?? throw new JsonException("a run is null"));
                }
            }
            else if (name == "trunk_savings")
            {
                reader.Skip(); // said of the runs for other programs; this one counts them itself
            }
            else
            {
                throw new JsonException($"unknown key '{name}'");
            }
        }

        return new PlanFile(sweep ?? throw new JsonException("the sweep has no name"), runs);
    }
}
