using Harness.Core.Training;
using Harness.Training.Data;

namespace Harness.Training.Steps;

/// <summary>
/// Many steps at once: a device that is told what to do for a while and asked afterwards what came out, instead of step by step. Belongs to one engine, whose lanes it trains; a run alone is one lane.
/// </summary>
internal interface IStretch : IDisposable
{
    /// <summary>What computes and how it is driven, for records.</summary>
    string Name { get; }

    /// <summary>What the device says of the steps.</summary>
    IDeviceClock Clock { get; }

    /// <summary>Called between gradients and update, for checks; steps are then driven one by one.</summary>
    Action? OnGradients { get; set; }

    /// <summary>Prepares for the runs of the lanes; what it trains are the weights that the lanes hold when <see cref="Advance"/> is called.</summary>
    /// <param name="trainings">By lane.</param>
    /// <param name="tokens">Their data.</param>
    void Begin(IReadOnlyList<TrainingSpec> trainings, TokenStream tokens);

    /// <summary>Lets the engine replace its tensors: what was made for the old ones is freed before, and made for the new ones after. The data stay where they are.</summary>
    /// <param name="staying">Lanes that stay, in order.</param>
    /// <param name="replace">Replaces the tensors.</param>
    void Replace(IReadOnlyList<int> staying, Action replace);

    /// <summary>Takes up to <paramref name="most"/> steps of every active lane.</summary>
    /// <param name="first">By lane: its next step, 0-based; continues anywhere.</param>
    /// <param name="active">By lane; the others keep their weights.</param>
    /// <param name="most">At least 1; no active run ends before.</param>
    /// <returns>
    /// What each step found, by step and lane, at least one step. Where a lane's isn't finite, no update of it from there on was applied, and what it found later means nothing.
    /// </returns>
    StepOutcome[][] Advance(ReadOnlySpan<long> first, ReadOnlySpan<bool> active, int most);
}
