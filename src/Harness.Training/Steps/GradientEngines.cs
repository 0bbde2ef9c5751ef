using Harness.Training.Models;

namespace Harness.Training.Steps;

/// <summary>Which implementation computes gradients.</summary>
internal enum StepPath
{
    /// <summary>The fastest that this device and provider have.</summary>
    Fastest,

    /// <summary>Autograd.</summary>
    Plain,
}

/// <summary>Chooses between the implementations.</summary>
internal static class GradientEngines
{
    /// <summary>The engine for some parameters.</summary>
    public static IGradientEngine For(FlatParameters parameters, int microRows, StepPath path)
    {
        _ = microRows;
        _ = path;
        return new AutogradEngine(parameters);
    }
}
