using Harness.Core.Training;
using Harness.Torch;
using Harness.Training.Models;
using Harness.Training.Optimization;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Kernels;

/// <summary>What this provider has that is faster than the plain path. The TorchSharp flavour has another file in this one's place, which has nothing.</summary>
internal static class FastPath
{
    /// <summary>A faster way to gradients, or null. The kernels are fp32, for the CPU, and use one thread; several threads are better used by libtorch.</summary>
    public static IGradientEngine? Gradients(FlatParameters parameters) => Fits(parameters) ? new KernelEngine(parameters) : null;

    /// <summary>A faster AdamW, or null.</summary>
    public static FlatOptimizer? Optimizer(OptimizerSpec spec, FlatParameters parameters) => Fits(parameters) ? new KernelAdamW(spec, parameters) : null;

    private static bool Fits(FlatParameters parameters) =>
        parameters.Device.type == TorchSharp.DeviceType.CPU && parameters.Shadow is null && TorchExtensions.Capabilities.CpuKernels && get_num_threads() == 1;
}
