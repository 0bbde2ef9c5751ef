using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>A training step that the host only has to start: of one run or of a stack.</summary>
internal interface IDeviceStep : IDisposable
{
    /// <summary>Where the weights are.</summary>
    Device Device { get; }

    /// <summary>Called between gradient and update, for tests; a step with it can't be captured.</summary>
    Action? OnGradients { get; set; }

    /// <summary>Does the step at its tables' counter, and counts on.</summary>
    /// <param name="tokens_N">The corpus that the tables' offsets point into.</param>
    void Run(Tensor tokens_N);
}
