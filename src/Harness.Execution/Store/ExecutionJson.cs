using System.Text.Json.Serialization;
using Harness.Execution.Attempts;
using Harness.Execution.Claims;

namespace Harness.Execution.Store;

/// <summary>The store's own files as JSON, generated at compile time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    UseStringEnumConverter = true,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(Claim))]
[JsonSerializable(typeof(Outcome))]
[JsonSerializable(typeof(CheckpointManifest))]
[JsonSerializable(typeof(StackRecord))]
internal sealed partial class ExecutionJson : JsonSerializerContext;
