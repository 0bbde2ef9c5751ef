namespace Harness.Training.Steps;

/// <summary>
/// Steps of several runs of one shape, each in its lane; one run is a stack of one. What a lane computes does not depend on the others: not on their numbers, not on
/// whether they are still active.
/// </summary>
internal interface IStackEngine : IDisposable
{
    /// <summary>A lane a run.</summary>
    IReadOnlyList<IRunLane> Lanes { get; }

    /// <summary>Many steps of all lanes at once, where the device is better driven so; null otherwise.</summary>
    IStretch? Stretch => null;

    /// <summary>Held-out losses without the host in between, where the device is better driven so; null otherwise.</summary>
    IDeviceScore? Score => null;

    /// <summary>About how many steps of all lanes <see cref="Keep"/> costs; null where a lane that doesn't train any more costs the others nothing.</summary>
    double? StepsOfPacking => null;

    /// <summary>
    /// Leaves lanes behind: those that stay move together in <see cref="Lanes"/>, in their order, and go on with the same bits (on a GPU as far as its library's products don't depend on how many
    /// they are). Only where <see cref="StepsOfPacking"/> says its price. The lanes left behind can't be used any more.
    /// </summary>
    /// <param name="staying">By lane; at least one.</param>
    void Keep(ReadOnlySpan<bool> staying) => throw new NotSupportedException("Lanes of this engine don't cost one another anything.");

    /// <summary>Losses and gradients of the active lanes' batches, ready for the update; the weights stay.</summary>
    /// <param name="active">By lane; what an inactive lane holds is neither read nor reported.</param>
    /// <param name="outcomes">By lane; set for active ones.</param>
    /// <param name="onGradients">Called with a lane's number once its whole gradient is there, before it is judged; for tests.</param>
    void Compute(ReadOnlySpan<bool> active, Span<StepOutcome> outcomes, Action<int>? onGradients = null);

    /// <summary>Applies the updates of the last <see cref="Compute"/> to the active lanes; inactive ones keep their weights.</summary>
    /// <param name="active">By lane.</param>
    /// <param name="rates">Learning rates, by lane.</param>
    /// <param name="updates">1-based numbers of these updates, by lane.</param>
    void Apply(ReadOnlySpan<bool> active, ReadOnlySpan<double> rates, ReadOnlySpan<long> updates);

    /// <summary>Sums over the batches' first <paramref name="rows"/> rows of their mean losses, nats a token.</summary>
    /// <param name="rows">1 to the lanes' batch rows.</param>
    /// <param name="active">By lane.</param>
    /// <param name="sums">By lane; set for active ones.</param>
    void Evaluate(int rows, ReadOnlySpan<bool> active, Span<double> sums);
}
