namespace Harness.Training.Steps;

/// <summary>Which implementation computes a step.</summary>
internal enum StepPath
{
    /// <summary>The fastest that this device and provider have.</summary>
    Fastest,

    /// <summary>Autograd, and tensor operations on the flat parameters.</summary>
    Plain,
}
