using Harness.Core.Training;

namespace Harness.Training.Runs;

/// <summary>
/// Which steps leave a row in the training curve: a pure function of the spec, so that a resumed run writes the same rows. Every one of the
/// first ten, then about <see cref="RowsPerDecade"/> a decade (curves are read on log axes), at least <see cref="RegularRows"/> evenly
/// spaced ones, every evaluation, and the last.
/// </summary>
public static class MetricCadence
{
    private const int RowsPerDecade = 20;
    private const long RegularRows = 100;

    /// <summary>Whether the held-out loss is measured after this many steps.</summary>
    public static bool Evaluates(TrainingSpec training, long stepsDone)
    {
        ArgumentNullException.ThrowIfNull(training);
        return stepsDone == training.Steps || (training.Evaluation.EverySteps is { } every && stepsDone % every == 0);
    }

    /// <summary>Whether a row is written after this many steps.</summary>
    public static bool Records(TrainingSpec training, long stepsDone)
    {
        ArgumentNullException.ThrowIfNull(training);
        return Evaluates(training, stepsDone)
            || stepsDone <= 10
            || stepsDone % Math.Max(1, training.Steps / RegularRows) == 0
            || Bin(stepsDone) != Bin(stepsDone - 1);
    }

    /// <summary>Whether a step's loss counts towards the run's final training loss: the last twentieth, at least one step.</summary>
    /// <param name="training">The spec.</param>
    /// <param name="stepsDone">1-based.</param>
    public static bool InTail(TrainingSpec training, long stepsDone)
    {
        ArgumentNullException.ThrowIfNull(training);
        return stepsDone > training.Steps - Math.Max(1, training.Steps / 20);
    }

    private static int Bin(long step) => (int)Math.Floor(Math.Log10(step) * RowsPerDecade + 1e-9);
}
