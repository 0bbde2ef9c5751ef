using Harness.Core.Training;

namespace Harness.Training.Runs;

/// <summary>
/// Which steps leave a row in the training curve: a pure function of the spec, so that a resumed run writes the same rows. Every step at first, then
/// <see cref="RowsPerOctave"/> in each doubling (curves are read on log axes), every evaluation, and the last.
/// </summary>
public static class MetricCadence
{
    private const int RowsPerOctave = 32;

    /// <summary>Whether the held-out loss is measured after this many steps.</summary>
    public static bool Evaluates(TrainingSpec training, long stepsDone)
    {
        ArgumentNullException.ThrowIfNull(training);
        return stepsDone == training.Steps || (training.Evaluation.EverySteps is { } every && stepsDone % every == 0);
    }

    /// <summary>Whether a row is written after this many steps.</summary>
    public static bool Records(TrainingSpec training, long stepsDone) =>
        Evaluates(training, stepsDone) || CurveSteps.Includes(stepsDone, RowsPerOctave);

    /// <summary>Whether a step's loss counts towards the run's final training loss.</summary>
    /// <param name="training">The spec.</param>
    /// <param name="stepsDone">1-based.</param>
    public static bool InTail(TrainingSpec training, long stepsDone)
    {
        ArgumentNullException.ThrowIfNull(training);
        return stepsDone > training.Steps - training.TailSteps;
    }
}
