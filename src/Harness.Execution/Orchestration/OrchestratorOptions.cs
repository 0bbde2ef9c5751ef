using Harness.Execution.Claims;
using Harness.Execution.Workers;

namespace Harness.Execution.Orchestration;

/// <summary>How an orchestrator keeps its workers going.</summary>
public sealed record OrchestratorOptions
{
    /// <summary>Places for workers, at least one.</summary>
    public required IReadOnlyList<WorkerSlot> Slots { get; init; }

    /// <summary>How often runs are tried again; must be the workers' own.</summary>
    public RetryBudget Budget { get; init; } = new();

    /// <summary>How long workers get to save their runs after a stop, before they are killed; 30 s by default.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a heartbeat may stand still before a worker of this orchestrator is killed as stuck; 60 s by default, the workers' <see cref="WorkerOptions.StaleAfter"/>.</summary>
    public TimeSpan StaleAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Between two snapshots; 1 s by default.</summary>
    public TimeSpan SnapshotEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Deaths in a row of a slot's workers that took no run, before the slot is given up; 3 by default.</summary>
    public int StillbornLimit { get; init; } = 3;

    /// <summary>Work beside another live orchestrator of this machine instead of refusing. Claims keep their runs apart either way.</summary>
    public bool BesideOthers { get; init; }
}
