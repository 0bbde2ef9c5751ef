namespace Harness.Training.Checkpoints;

/// <summary>A checkpoint that can't be used; the message names what is wrong with it.</summary>
public sealed class CheckpointException : Exception
{
    /// <inheritdoc/>
    public CheckpointException()
    {
    }

    /// <inheritdoc/>
    public CheckpointException(string message) : base(message)
    {
    }

    /// <inheritdoc/>
    public CheckpointException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
