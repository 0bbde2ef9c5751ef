namespace Harness.Core.Runs;

/// <summary>
/// Keeps the two newest checkpoints of a run, whole or not at all. The trainer decides what is in one; the shelf writes it durably
/// (temp file, length and SHA-256, fsync, rename, fsync of the folder) and verifies it before an older one goes.
/// </summary>
public interface ICheckpointShelf
{
    /// <summary>Saves a checkpoint of the state after <paramref name="step"/> updates.</summary>
    /// <param name="step">Optimizer steps done.</param>
    /// <param name="write">Writes the content to a forward-only stream; called once.</param>
    /// <exception cref="RunFailedException">The disk is full, or the file can't be written; earlier checkpoints are untouched.</exception>
    void Save(long step, Action<Stream> write);

    /// <summary>Whether other runs branch off after this step, so that a checkpoint must be saved there whatever the intervals say.</summary>
    /// <param name="step">Optimizer steps done.</param>
    bool IsWanted(long step) => false;

    /// <summary>
    /// Stored checkpoints whose length and hash agree with their manifest, newest step first, also those of earlier attempts, and last the one of the
    /// run's trunk. Damaged ones are logged and left out.
    /// </summary>
    /// <exception cref="RunFailedException">Checkpoints exist and every one is damaged: a silent restart from step 0 is no resume.</exception>
    IReadOnlyList<StoredCheckpoint> Newest();
}

/// <summary>A stored checkpoint that passed its integrity check.</summary>
/// <param name="Step">Optimizer steps done when it was saved.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Open">Opens its content for reading; the caller disposes the stream.</param>
/// <param name="Trunk">The run that saved it, where that is this run's trunk; null for its own.</param>
public sealed record StoredCheckpoint(long Step, long Length, Func<Stream> Open, RunId? Trunk = null);
