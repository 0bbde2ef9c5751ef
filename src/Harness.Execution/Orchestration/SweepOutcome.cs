using Harness.Execution.Status;

namespace Harness.Execution.Orchestration;

/// <summary>How a sweep ended.</summary>
/// <param name="ExitCode">For the process.</param>
/// <param name="Final">The last look at every run.</param>
/// <param name="Problem">Why the sweep could not go on, where it is not a run's fault, such as no device left; else null.</param>
public sealed record SweepOutcome(ExitCode ExitCode, SweepSnapshot Final, string? Problem)
{
    /// <summary>Runs without a result that will not be tried again by themselves.</summary>
    public IEnumerable<RunStanding> Failed => Final.Runs.Where(r => r.State == RunState.Failed);
}
