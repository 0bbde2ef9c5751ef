using Harness.Core.Training;
using Harness.Torch;
using Harness.Training.Models;
using Harness.Training.Optimization;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Kernels;

/// <summary>What this provider has that is faster than the plain path. The TorchSharp flavour has another file in this one's place, which has nothing.</summary>
internal static class FastPath
{
    /// <summary>A faster way to gradients with the current number of threads, or null. The kernels are fp32 and for the CPU.</summary>
    public static IGradientEngine? Gradients(FlatParameters parameters) => Fits(parameters) ? new KernelEngine(parameters, get_num_threads()) : null;

    /// <summary>A faster AdamW with the current number of threads, or null.</summary>
    public static FlatOptimizer? Optimizer(OptimizerSpec spec, FlatParameters parameters) =>
        Fits(parameters) ? new KernelAdamW(spec, parameters, get_num_threads()) : null;

    private static bool Fits(FlatParameters parameters) =>
        parameters.Device.type == TorchSharp.DeviceType.CPU && parameters.Shadow is null && TorchExtensions.Capabilities.CpuKernels;
}
