using Harness.Core.Data;
using Harness.Core.Models;
using Harness.Core.Training;

namespace Harness.Core.Runs;

/// <summary>Everything that decides what a run computes. Immutable; its <see cref="RunId"/> is a hash of it.</summary>
public sealed record RunSpec
{
    /// <summary>The model.</summary>
    public required ModelSpec Model { get; init; }

    /// <summary>The data.</summary>
    public required DataSpec Data { get; init; }

    /// <summary>The training.</summary>
    public required TrainingSpec Training { get; init; }

    /// <summary>A law to draw losses from instead of training; null trains for real. Part of the identity, so that the two never mix.</summary>
    public SyntheticLaw? Synthetic { get; init; }
}
