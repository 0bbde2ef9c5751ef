using System.Text.Json.Serialization;
using Harness.Core.Runs;

namespace Harness.Core;

/// <summary>
/// The JSON forms of the vocabulary, generated at compile time so that a trimmed single file keeps them:
/// snake_case keys, enums as text, nulls left out, unknown keys refused.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    UseStringEnumConverter = true,
    WriteIndented = true,
    AllowOutOfOrderMetadataProperties = true,
    NewLine = "\n")]
[JsonSerializable(typeof(RunSpec))]
[JsonSerializable(typeof(RunResult))]
[JsonSerializable(typeof(PlannedRun))]
[JsonSerializable(typeof(TrunkSavings))]
[JsonSerializable(typeof(RunProgress))]
[JsonSerializable(typeof(MetricRow))]
public sealed partial class CoreJson : JsonSerializerContext;
