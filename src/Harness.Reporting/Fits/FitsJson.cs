using System.Text.Json;
using System.Text.Json.Serialization;

namespace Harness.Reporting.Fits;

/// <summary>How fits.json is spelled: snake_case, indented, nothing for a missing value, generated code so that trimming cannot break it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    WriteIndented = true,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true)]
[JsonSerializable(typeof(FitsFile))]
internal sealed partial class FitsJson : JsonSerializerContext;
