using System.Text.Json;
using System.Text.Json.Serialization;
using Harness.Torch.Interop;

namespace Harness.Torch;

/// <summary>What <c>native/build.sh</c> wrote next to the library that it built (engine.json). Reading it loads nothing.</summary>
public sealed record EngineDescription
{
    /// <summary>Where libtorch came from: <c>LIBTORCH</c>, <c>python</c> or <c>system</c>.</summary>
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

    /// <summary>The compiler's first line about itself.</summary>
    [JsonPropertyName("compiler")]
    public required string Compiler { get; init; }

    /// <summary>SHA-256 of the native sources, in hexadecimal.</summary>
    [JsonPropertyName("source_sha256")]
    public required string SourceSha256 { get; init; }

    /// <summary>When it was built (UTC, ISO 8601).</summary>
    [JsonPropertyName("built")]
    public required string Built { get; init; }

    /// <summary>Reads the description, or returns null if the native library isn't built.</summary>
    public static EngineDescription? Read() =>
        NativeFolder.Find() is { } folder && File.Exists(Path.Combine(folder, "engine.json"))
            ? JsonSerializer.Deserialize(File.ReadAllText(Path.Combine(folder, "engine.json")), EngineJson.Default.EngineDescription)
            : null;
}

[JsonSerializable(typeof(EngineDescription))]
internal sealed partial class EngineJson : JsonSerializerContext;
