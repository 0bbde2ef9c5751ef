using Harness.Torch;

namespace Harness.Training.Tests.Gpu;

/// <summary>A fact that needs a GPU which this libtorch can use.</summary>
internal sealed class GpuFactAttribute : FactAttribute
{
    // The description is a file; libtorch itself is asked only where it was built for CUDA.
    private static readonly bool HasGpu = EngineDescription.Read() is { Cuda: true } && TorchExtensions.Capabilities.CudaDevices > 0;

    public GpuFactAttribute() => Skip = HasGpu ? null : "There is no GPU here that the engine's libtorch can use.";
}
