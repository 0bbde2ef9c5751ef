namespace Harness.Execution.Orchestration;

/// <summary>A slot with its present worker and its record.</summary>
internal sealed class Slot(WorkerSlot place)
{
    public WorkerSlot Place { get; } = place;

    public WorkerProcess? Worker { get; set; }

    /// <summary>Why no worker is started here any more; null while it is in use.</summary>
    public string? GivenUp { get; set; }

    /// <summary>Workers in a row that died before they took a run.</summary>
    public int Stillborn { get; set; }

    /// <summary>No worker is started before this much of the orchestrator's time has passed.</summary>
    public TimeSpan NotBefore { get; set; }
}
