using Harness.Core.Runs;
using Harness.Execution.Claims;

namespace Harness.Execution.Workers;

/// <summary>How a worker goes about its work.</summary>
public sealed record WorkerOptions
{
    /// <summary>Device, threads, micro-batch and checkpoint intervals of every run it trains; after out-of-memory a run gets a smaller micro-batch.</summary>
    public required ExecutionSettings Settings { get; init; }

    /// <summary>Workers that share the sweep, this one included, at least 1: a stack never takes so many runs that another worker has none.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Bytes of the device's memory that this worker may use; runs are trained at the same time only where the plan's estimates say that they fit. Null where unknown.</summary>
    public long? DeviceMemoryBytes { get; init; }

    /// <summary>How often a run is tried again.</summary>
    public RetryBudget Budget { get; init; } = new();

    /// <summary>Between two signs of life; 1 s by default.</summary>
    public TimeSpan HeartbeatEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long another worker's heartbeat may stand still before its run is taken over; 60 s by default, at least ten heartbeats.</summary>
    public TimeSpan StaleAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Between two looks for work, or for room on the disk, where there was none; 1 s by default.</summary>
    public TimeSpan LookAgainAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Stay while others still train, to take over from those that die. False by default: an orchestrator starts workers as they are needed.</summary>
    public bool WaitForOthers { get; init; }

    /// <summary>Stop when the orchestrator that started this process is gone, so that no orphan trains on. True by default.</summary>
    public bool FollowOrchestrator { get; init; } = true;

    /// <summary>Checkpoints of a finished run that are kept, 0 to 2; 1 by default.</summary>
    public int KeepCheckpoints { get; init; } = 1;

    /// <summary>Facts for every environment.json, such as engine and library versions. Never secrets.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>();

    /// <summary>Whose claims these are; tests play several processes, and dead ones.</summary>
    internal ProcessIdentity Process { get; init; } = ProcessIdentity.Current;
}

/// <summary>Why a worker ended; also its process's exit code, by which an orchestrator (or a batch script) knows what to do.</summary>
public enum WorkerEnd
{
    /// <summary>No run is left for it.</summary>
    NothingLeft = 0,

    /// <summary>The store or the options can't be used. Another start would fail the same way.</summary>
    BadInput = 2,

    /// <summary>Memory ran out; the run goes on with a smaller micro-batch in a fresh process. Start another worker.</summary>
    OutOfMemory = 71,

    /// <summary>The device failed. Start no other worker on it.</summary>
    DeviceFault = 72,

    /// <summary>An attempt's folder can't be written any more, so that only the end of this process tells that the attempt is over. Start another worker.</summary>
    OutcomeNotWritten = 73,

    /// <summary>Asked to stop; its run is saved.</summary>
    Stopped = 130,
}
