using Harness.Core.Training;
using Harness.Training.Models;
using Harness.Training.Optimization;

namespace Harness.Training.Steps.Kernels;

/// <summary>TorchSharp has nothing that is faster than the plain path: everything runs under autograd.</summary>
internal static class FastPath
{
    /// <summary>None.</summary>
    public static IGradientEngine? Gradients(FlatParameters parameters) => null;

    /// <summary>None.</summary>
    public static FlatOptimizer? Optimizer(OptimizerSpec spec, FlatParameters parameters) => null;
}
