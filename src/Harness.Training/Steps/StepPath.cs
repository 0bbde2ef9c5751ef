namespace Harness.Training.Steps;

/// <summary>Which implementation computes a step.</summary>
internal enum StepPath
{
    /// <summary>The fastest that this device and provider have.</summary>
    Fastest,

    /// <summary>Autograd, and tensor operations on the flat parameters.</summary>
    Plain,

    /// <summary>Many steps at once on the device, as on a GPU, whatever the device: what tests hold against the plain path.</summary>
    Device,
}
