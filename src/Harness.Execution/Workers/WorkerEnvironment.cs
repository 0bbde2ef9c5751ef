namespace Harness.Execution.Workers;

/// <summary>Variables by which an orchestrator speaks to the workers that it starts.</summary>
public static class WorkerEnvironment
{
    /// <summary>Identity of the orchestrator's process; set by it, read by <see cref="Worker"/>.</summary>
    public const string Orchestrator = "HARNESS_ORCHESTRATOR";
}
