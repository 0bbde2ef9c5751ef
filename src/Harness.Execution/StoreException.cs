namespace Harness.Execution;

/// <summary>A results folder that can't be used, with the path, the reason and the mend in the message. A user's matter: exit code 2.</summary>
public sealed class StoreException : Exception
{
    /// <inheritdoc/>
    public StoreException()
    {
    }

    /// <inheritdoc/>
    public StoreException(string message) : base(message)
    {
    }

    /// <inheritdoc/>
    public StoreException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
