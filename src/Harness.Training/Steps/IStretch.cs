using Harness.Core.Runs;
using Harness.Training.Data;

namespace Harness.Training.Steps;

/// <summary>Many steps at once: a device that is told what to do for a while and asked afterwards what came out, instead of step by step. Belongs to one engine, whose weights it trains.</summary>
internal interface IStretch : IDisposable
{
    /// <summary>What computes and how it is driven, for records.</summary>
    string Name { get; }

    /// <summary>What the device says of the steps.</summary>
    IDeviceClock Clock { get; }

    /// <summary>Called between gradients and update, for checks; steps are then driven one by one.</summary>
    Action? OnGradients { get; set; }

    /// <summary>Prepares for a run; what it trains are the weights that the engine holds when <see cref="Advance"/> is first called.</summary>
    void Begin(RunSpec spec, TokenStream tokens);

    /// <summary>Takes up to <paramref name="most"/> steps.</summary>
    /// <param name="first">The first step, 0-based; continues anywhere.</param>
    /// <param name="most">At least 1.</param>
    /// <returns>
    /// What each step found, at least one. Where one isn't finite, no update from it on was applied, and those after it mean nothing.
    /// </returns>
    IReadOnlyList<StepOutcome> Advance(long first, int most);
}
