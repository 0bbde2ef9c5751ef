using Harness.Core.Runs;
using Harness.Execution.Attempts;
using Harness.Execution.Store;
using Harness.Execution.Trunks;

namespace Harness.Execution.Claims;

/// <summary>A run that this worker has for itself, and the attempt that it is to make.</summary>
/// <param name="Run">The run.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="Own">The attempt's folder.</param>
/// <param name="Earlier">Attempts before it, all over.</param>
/// <param name="Claim">The claim as stored.</param>
/// <param name="BannedSteps">Checkpoints to be passed over.</param>
/// <param name="Start">The trunk's checkpoint that it begins from, if it does.</param>
/// <param name="MostTogether">Largest stack that may take it; null without a limit.</param>
/// <param name="Log">The attempt's log, open.</param>
internal sealed record ClaimedRun(
    PlannedRun Run,
    RunFolder Folder,
    AttemptFolder Own,
    IReadOnlyList<AttemptFolder> Earlier,
    Claim Claim,
    IReadOnlySet<long> BannedSteps,
    BranchStart Start,
    int? MostTogether,
    AttemptLog Log) : IDisposable
{
    public void Dispose() => Log.Dispose();
}
