using Harness.Core.Runs;
using Harness.Execution.Attempts;

namespace Harness.Execution.Trunks;

/// <summary>What an attempt must know of the runs before and after its own.</summary>
internal sealed record Lineage
{
    /// <summary>Of a run that has nothing to do with any other.</summary>
    public static Lineage None { get; } = new();

    /// <summary>The run's trunk, where it begins on <see cref="Snapshot"/>.</summary>
    public RunId? Trunk { get; init; }

    /// <summary>The trunk's checkpoint that the run begins from, if it has none of its own.</summary>
    public CheckpointFolder? Snapshot { get; init; }

    /// <summary>Steps after which other runs branch off this one.</summary>
    public IReadOnlySet<long> BranchSteps { get; init; } = new HashSet<long>();

    /// <summary>Whether a run that branches off after such a step still has no result. Looks at the disk.</summary>
    public Func<long, bool> HasUndoneBranch { get; init; } = _ => false;

    /// <summary>Whether the checkpoint of a step must be kept for others.</summary>
    public bool IsNeeded(long step) => BranchSteps.Contains(step) && HasUndoneBranch(step);
}
