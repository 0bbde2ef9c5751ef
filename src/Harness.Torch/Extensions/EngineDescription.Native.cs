using System.Text.Json;
using Harness.Torch.Interop;

namespace Harness.Torch;

public sealed partial record EngineDescription
{
    /// <summary>What <c>native/build.sh</c> wrote next to the library that it built (engine.json), or null if the native library isn't built.</summary>
    public static EngineDescription? Read() =>
        NativeFolder.Find() is { } folder && File.Exists(Path.Combine(folder, "engine.json"))
            ? JsonSerializer.Deserialize(File.ReadAllText(Path.Combine(folder, "engine.json")), EngineJson.Default.EngineDescription)
            : null;
}
