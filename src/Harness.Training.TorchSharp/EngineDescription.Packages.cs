using TorchSharp;

namespace Harness.Torch;

public sealed partial record EngineDescription
{
    /// <summary>TorchSharp's packages, as this program was built with them; whether they are those for CUDA shows in the files beside it.</summary>
    public static EngineDescription? Read() => new()
    {
        Provider = "TorchSharp",
        LibtorchVersion = $"of TorchSharp {typeof(torch).Assembly.GetName().Version}",
        Libraries = AppContext.BaseDirectory,
        Cuda = Directory.EnumerateFiles(AppContext.BaseDirectory, "libtorch_cuda.so", SearchOption.AllDirectories).Any(),
        CudaLibrary = false,
        Compiler = "none: prebuilt",
        SourceSha256 = "none: prebuilt",
        Built = "",
    };
}
