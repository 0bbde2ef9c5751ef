using Harness.Training.Models;

namespace Harness.Training.Steps.Graphs;

/// <summary>TorchSharp has no CUDA graphs: every step is driven by the host.</summary>
internal static class GraphPath
{
    /// <summary>None.</summary>
    public static IStretch? For(StepEngine engine, StepPath path) => null;

    /// <summary>None.</summary>
    public static IDeviceScore? ScoreOf(FlatParameters parameters, int rows, StepPath path) => null;

    /// <summary>None.</summary>
    public static IStretch? For(BatchedStack stack, StepPath path) => null;
}
