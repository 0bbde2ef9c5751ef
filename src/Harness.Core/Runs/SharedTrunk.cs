using Harness.Core.Training;

namespace Harness.Core.Runs;

/// <summary>
/// Which runs compute the same bits for how long. Under a warmup-stable-decay schedule nothing that a step computes depends on the budget before the
/// cooldown begins: the rate is that of the warm-up or the peak, the data order a function of seed and step. So of runs that differ in their budget and
/// their cooldown only, each is a prefix of the longest up to its own <see cref="BranchStep"/>.
/// </summary>
public static class SharedTrunk
{
    /// <summary>
    /// Optimizer steps of a run that do not depend on where it ends: all before the cooldown, and before the steps whose losses are averaged into the final training
    /// loss (<see cref="TrainingSpec.TailSteps"/>), so that a branch measures these itself. Null under any other schedule than warmup-stable-decay; may be 0.
    /// </summary>
    public static long? BranchStep(TrainingSpec training)
    {
        ArgumentNullException.ThrowIfNull(training);
        return training.Schedule is WarmupStableDecaySchedule wsd ? Math.Max(0, training.Steps - Math.Max(wsd.DecaySteps, training.TailSteps)) : null;
    }

    /// <summary>
    /// A text that is equal for runs that could share a trunk as far as everything but the measurements on the way is concerned (<see cref="MeasureAlike"/>): model, data, order,
    /// batch, rates, warm-up, seeds. Null under any other schedule than warmup-stable-decay.
    /// </summary>
    public static string? FamilyOf(RunSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.Training.Schedule is not WarmupStableDecaySchedule wsd
            ? null
            : RunId.CanonicalForm(spec with
            {
                Training = spec.Training with
                {
                    Steps = 0,
                    Schedule = wsd with { DecaySteps = 0, FinalFraction = 0 },
                    Evaluation = spec.Training.Evaluation with { EverySteps = null },
                },
            });
    }

    /// <summary>Whether two runs measure the held-out loss after the same steps, up to one.</summary>
    public static bool MeasureAlike(TrainingSpec one, TrainingSpec other, long upTo)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        var (first, second) = (one.Evaluation.EverySteps ?? long.MaxValue, other.Evaluation.EverySteps ?? long.MaxValue);
        return first == second || (first > upTo && second > upTo);
    }

    /// <summary>Whether a run may begin after <paramref name="step"/> steps of another: both are the same computation, rows of the training curve included, until there.</summary>
    public static bool Share(RunSpec trunk, RunSpec branch, long step)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        ArgumentNullException.ThrowIfNull(branch);
        return step > 0 && step <= BranchStep(trunk.Training) && step <= BranchStep(branch.Training)
            && FamilyOf(trunk) == FamilyOf(branch)
            && MeasureAlike(trunk.Training, branch.Training, step);
    }
}
