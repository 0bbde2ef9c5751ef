namespace Harness.Core.Runs;

/// <summary>
/// A trainer that has siblings: each trains another run at the same time, on a thread of its own, in the same process and on the same device. A run's numbers don't depend on
/// its neighbours.
/// </summary>
public interface ISideBySideTrainer : IStackTrainer
{
    /// <summary>A trainer for one more thread. What can be shared (open data, calibrations) is; what a run changes (stream, memory pool, engine) is its own. Dispose it before this one.</summary>
    ISideBySideTrainer Sibling();

    /// <summary>
    /// How many runs like this one to train at once, from a few timed steps, during which siblings wait between two of theirs; kept for runs that do about as much work a step.
    /// </summary>
    /// <param name="spec">A run.</param>
    /// <param name="settings">Where and how.</param>
    /// <param name="most">Most at once, at least 2.</param>
    /// <returns>Null where this trainer can't tell.</returns>
    StackAdvice? AdviseSideBySide(RunSpec spec, ExecutionSettings settings, int most);
}
