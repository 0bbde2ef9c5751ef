using System.Text.Json.Serialization;

namespace Harness.Core.Training;

/// <summary>The learning rate as a multiple of its peak, a pure function of the step. All kinds begin with a linear warm-up.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ConstantSchedule), "constant")]
[JsonDerivedType(typeof(LinearSchedule), "linear")]
[JsonDerivedType(typeof(CosineSchedule), "cosine")]
[JsonDerivedType(typeof(WarmupStableDecaySchedule), "wsd")]
public abstract record LearningRateSchedule
{
    /// <summary>Optimizer steps over which the rate rises linearly; step 0 already trains, at 1/(warmup+1) of the peak. 0 to steps.</summary>
    public required int WarmupSteps { get; init; }

    /// <summary>The factor of the peak rate used by step <paramref name="step"/>.</summary>
    /// <param name="step">0-based, below <paramref name="steps"/>.</param>
    /// <param name="steps">Optimizer steps of the whole run.</param>
    /// <returns>In (0, 1].</returns>
    public double FactorAt(long step, long steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, steps);
        return step < WarmupSteps ? (step + 1.0) / (WarmupSteps + 1.0) : AfterWarmup(step, steps);
    }

    /// <summary>The factor once the warm-up is over.</summary>
    protected abstract double AfterWarmup(long step, long steps);

    /// <summary>Progress through the part after the warm-up: 0 at its first step, 1 one past its last.</summary>
    protected double Progress(long step, long steps) => (double)(step - WarmupSteps) / Math.Max(1, steps - WarmupSteps);
}

/// <summary>The peak rate all the way after the warm-up.</summary>
public sealed record ConstantSchedule : LearningRateSchedule
{
    /// <inheritdoc/>
    protected override double AfterWarmup(long step, long steps) => 1;
}

/// <summary>A straight line from the peak down to <see cref="FinalFraction"/> of it.</summary>
public sealed record LinearSchedule : LearningRateSchedule
{
    /// <summary>Factor that the line reaches at the end, 0 to 1.</summary>
    public required double FinalFraction { get; init; }

    /// <inheritdoc/>
    protected override double AfterWarmup(long step, long steps) => 1 - (1 - FinalFraction) * Progress(step, steps);
}

/// <summary>Half a cosine from the peak down to <see cref="FinalFraction"/> of it (Hoffmann et al. use 0.1, arXiv 2203.15556, appendix B).</summary>
public sealed record CosineSchedule : LearningRateSchedule
{
    /// <summary>Factor that the cosine reaches at the end, 0 to 1.</summary>
    public required double FinalFraction { get; init; }

    /// <inheritdoc/>
    protected override double AfterWarmup(long step, long steps) =>
        FinalFraction + (1 - FinalFraction) * 0.5 * (1 + Math.Cos(Math.PI * Progress(step, steps)));
}

/// <summary>
/// Constant, then a cooldown over the last <see cref="DecaySteps"/> steps, so that one trunk serves several budgets
/// (Hägele et al. 2024, arXiv 2405.18392; the 1 - sqrt shape is theirs, section 4).
/// </summary>
public sealed record WarmupStableDecaySchedule : LearningRateSchedule
{
    /// <summary>Optimizer steps of the cooldown, 0 to steps - warmup.</summary>
    public required int DecaySteps { get; init; }

    /// <summary>Factor that the cooldown reaches, 0 to 1.</summary>
    public required double FinalFraction { get; init; }

    /// <inheritdoc/>
    protected override double AfterWarmup(long step, long steps)
    {
        var decayStart = steps - DecaySteps;
        if (step < decayStart)
        {
            return 1;
        }

        var progress = (step - decayStart) / (double)DecaySteps;
        return FinalFraction + (1 - FinalFraction) * (1 - Math.Sqrt(progress));
    }
}
