using System.Text.Json.Serialization;

namespace Harness.Torch;

/// <summary>Which libtorch computes and where it came from. Reading it loads nothing.</summary>
public sealed partial record EngineDescription
{
    /// <summary>Where libtorch came from: <c>LIBTORCH</c>, <c>python</c>, <c>system</c>; or <c>TorchSharp</c>, from its packages.</summary>
    [JsonPropertyName("provider")]
    public required string Provider { get; init; }

    /// <summary>libtorch's version, such as <c>1.13.0</c>.</summary>
    [JsonPropertyName("libtorch")]
    public required string LibtorchVersion { get; init; }

    /// <summary>The folder of libtorch's shared libraries.</summary>
    [JsonPropertyName("libraries")]
    public required string Libraries { get; init; }

    /// <summary>Whether this libtorch was built for CUDA.</summary>
    [JsonPropertyName("cuda")]
    public required bool Cuda { get; init; }

    /// <summary>Whether the second library (CUDA graphs, allocator figures) was built.</summary>
    [JsonPropertyName("cuda_library")]
    public required bool CudaLibrary { get; init; }

    /// <summary>Why that library wasn't built although libtorch has CUDA; empty where it was, or where there is no CUDA.</summary>
    [JsonPropertyName("cuda_reason")]
    public string CudaReason { get; init; } = "";

    /// <summary>The compiler's first line about itself.</summary>
    [JsonPropertyName("compiler")]
    public required string Compiler { get; init; }

    /// <summary>SHA-256 of the native sources, in hexadecimal.</summary>
    [JsonPropertyName("source_sha256")]
    public required string SourceSha256 { get; init; }

    /// <summary>When it was built (UTC, ISO 8601).</summary>
    [JsonPropertyName("built")]
    public required string Built { get; init; }
}

[JsonSerializable(typeof(EngineDescription))]
internal sealed partial class EngineJson : JsonSerializerContext;
