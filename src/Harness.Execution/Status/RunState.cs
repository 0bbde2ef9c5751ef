namespace Harness.Execution.Status;

/// <summary>Where a run stands; every planned run is in exactly one of these.</summary>
public enum RunState
{
    /// <summary>Nobody has begun it.</summary>
    Queued,

    /// <summary>A live worker trains it.</summary>
    Running,

    /// <summary>Its last attempt ended early; it goes on from its newest checkpoint.</summary>
    Interrupted,

    /// <summary>Trained to the end; its result is stored.</summary>
    Done,

    /// <summary>Its loss was not finite; that is its result. Left out of fits, listed, not retried.</summary>
    Diverged,

    /// <summary>No result, and its retries are used up or make no sense.</summary>
    Failed,
}
