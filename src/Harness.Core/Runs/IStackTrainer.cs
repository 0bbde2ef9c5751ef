namespace Harness.Core.Runs;

/// <summary>A trainer that can also train several runs of one <see cref="StackShape"/> at once, as one batched model. Each run stays its own: see <see cref="StackMember"/>.</summary>
public interface IStackTrainer : ITrainer
{
    /// <summary>
    /// Trains runs together until each has ended. A member that diverges, is asked to stop or fails by itself ends alone, and the others go on as if it
    /// had never been there.
    /// </summary>
    /// <param name="members">At least one; all of one shape.</param>
    /// <param name="ended">
    /// Called once a member, on the calling thread, as soon as that member has ended: with its result, or with what ended it (what
    /// <see cref="ITrainer.Train"/> would have thrown).
    /// </param>
    /// <exception cref="RunFailedException">Something failed that is no single member's, such as memory; members that have not ended share it.</exception>
    /// <exception cref="ArgumentException">The members' shapes differ.</exception>
    void TrainTogether(IReadOnlyList<StackMember> members, Action<StackMember, MemberEnd> ended);

    /// <summary>How many runs of this shape to train together, from a few timed steps; kept, so that asking again costs nothing.</summary>
    /// <param name="spec">One of them.</param>
    /// <param name="settings">Where and how.</param>
    /// <param name="most">Largest stack in question, at least 2.</param>
    /// <returns>Null where this trainer can't tell.</returns>
    StackAdvice? Advise(RunSpec spec, ExecutionSettings settings, int most);
}

/// <summary>One run of a stack, with a session (rows, checkpoints, log, stop) of its own.</summary>
/// <param name="Spec">What is trained.</param>
/// <param name="Session">Its attempt. Its settings' device, threads and determinism are the whole stack's: the first member's count.</param>
public sealed record StackMember(RunSpec Spec, IRunSession Session);

/// <summary>How a member of a stack ended.</summary>
/// <param name="Result">Its result; null if it has none.</param>
/// <param name="Error">What ended it without one; null with a result.</param>
public sealed record MemberEnd(RunResult? Result, Exception? Error);
