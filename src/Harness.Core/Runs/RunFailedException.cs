using System.Text.Json.Serialization;

namespace Harness.Core.Runs;

/// <summary>Why an attempt ended without a result. Each cause has a retry budget of its own.</summary>
public enum FailureCause
{
    /// <summary>The device's (or host's) memory was too small; retried with half the micro-batch.</summary>
    [JsonStringEnumMemberName("out_of_memory")]
    OutOfMemory,

    /// <summary>The device failed; it is set aside and the run goes elsewhere.</summary>
    [JsonStringEnumMemberName("device_fault")]
    DeviceFault,

    /// <summary>No room on the disk; the sweep pauses until there is.</summary>
    [JsonStringEnumMemberName("disk_full")]
    DiskFull,

    /// <summary>Stopped by a signal or by the scheduler; uses up no budget.</summary>
    [JsonStringEnumMemberName("preempted")]
    Preempted,

    /// <summary>The process died without a word (SIGKILL, crash).</summary>
    [JsonStringEnumMemberName("killed")]
    Killed,

    /// <summary>Checkpoints exist and none can be read.</summary>
    [JsonStringEnumMemberName("checkpoints_damaged")]
    CheckpointsDamaged,

    /// <summary>The spec or the data can't be used; not retried.</summary>
    [JsonStringEnumMemberName("user_error")]
    UserError,

    /// <summary>A defect of the program; not retried, with its stack trace in the log.</summary>
    [JsonStringEnumMemberName("bug")]
    Bug,
}

/// <summary>An attempt that ended without a result.</summary>
public sealed class RunFailedException : Exception
{
    /// <inheritdoc/>
    public RunFailedException()
    {
    }

    /// <inheritdoc/>
    public RunFailedException(string message) : base(message)
    {
    }

    /// <inheritdoc/>
    public RunFailedException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>An attempt that failed for a named cause.</summary>
    public RunFailedException(FailureCause cause, string message, Exception? inner = null) : base(message, inner) => Cause = cause;

    /// <summary>The cause.</summary>
    public FailureCause Cause { get; } = FailureCause.Bug;
}
