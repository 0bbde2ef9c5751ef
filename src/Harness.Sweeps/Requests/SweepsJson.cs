using System.Text.Json.Serialization;

namespace Harness.Sweeps.Requests;

/// <summary>The JSON forms of a sweep's requests, for plan.json: snake_case keys, nulls left out, unknown keys refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(FitRequest))]
[JsonSerializable(typeof(ExecutionRequest))]
public sealed partial class SweepsJson : JsonSerializerContext;
