namespace Harness.Execution;

/// <summary>What the process tells its caller.</summary>
public enum ExitCode
{
    /// <summary>Every run of the sweep has a result (completed or diverged).</summary>
    Done = 0,

    /// <summary>At least one run has none and will not be tried again by itself; the message lists each with its cause and log.</summary>
    SomeFailed = 1,

    /// <summary>The sweep, the store or an option can't be used.</summary>
    BadInput = 2,

    /// <summary>Stopped by a signal; the same command goes on where it stopped.</summary>
    Interrupted = 130,
}
