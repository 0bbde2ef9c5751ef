using Harness.Execution.Attempts;

namespace Harness.Execution.Trunks;

/// <summary>From where a run that was planned to begin on a trunk can begin now. At most one of the three is not null; none for a run that goes on by itself.</summary>
/// <param name="Snapshot">The trunk's checkpoint to begin from.</param>
/// <param name="WaitsFor">Why it can't begin yet, for people.</param>
/// <param name="FromTheStart">Why it is trained from its start after all, for people.</param>
internal sealed record BranchStart(CheckpointFolder? Snapshot, string? WaitsFor, string? FromTheStart)
{
    /// <summary>Of a run without a trunk, and of one that has checkpoints of its own and none of its trunk's behind them.</summary>
    public static BranchStart ByItself { get; } = new(null, null, null);

    public static BranchStart On(CheckpointFolder snapshot) => new(snapshot, null, null);

    public static BranchStart Later(string why) => new(null, why, null);

    public static BranchStart Alone(string why) => new(null, null, why);
}
