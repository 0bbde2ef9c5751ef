namespace Harness.Torch;

/// <summary>What this provider of the tensor API can do beyond TorchSharp's members. Ask first, and take the plain path where the answer is no.</summary>
public sealed record Capabilities
{
    /// <summary>The provider's name, for records: <c>libtorch</c> here, <c>TorchSharp</c> in the other flavour.</summary>
    public required string Provider { get; init; }

    /// <summary>libtorch's version.</summary>
    public required string LibtorchVersion { get; init; }

    /// <summary>Number of usable GPUs.</summary>
    public required int CudaDevices { get; init; }

    /// <summary>Whether whole steps can be captured and replayed as CUDA graphs.</summary>
    public required bool CudaGraphs { get; init; }

    /// <summary>Whether libtorch's fused AdamW is there for the host.</summary>
    public required bool FusedAdamWCpu { get; init; }

    /// <summary>Whether libtorch's fused AdamW is there for GPUs.</summary>
    public required bool FusedAdamWCuda { get; init; }

    /// <summary>Whether <see cref="CpuKernels"/> can be called.</summary>
    public required bool CpuKernels { get; init; }

    /// <summary>Whether flash attention is part of this libtorch (2.0 and later).</summary>
    public required bool FlashAttention { get; init; }
}
