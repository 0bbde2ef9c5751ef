namespace Harness.Cli;

/// <summary>Input that can't be used. Its message stands alone: where, what was found, what is allowed, what to do. Exit code 2.</summary>
public sealed class UserMistakeException : Exception
{
    /// <inheritdoc/>
    public UserMistakeException()
    {
    }

    /// <inheritdoc/>
    public UserMistakeException(string message) : base(message)
    {
    }

    /// <inheritdoc/>
    public UserMistakeException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
