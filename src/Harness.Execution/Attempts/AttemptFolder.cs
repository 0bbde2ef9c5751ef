using Harness.Execution.Claims;
using Harness.Execution.Files;
using Harness.Execution.Store;

namespace Harness.Execution.Attempts;

/// <summary>The folder of one attempt. Only its worker writes here; a watcher adds at most the outcome, and clears leftovers after that.</summary>
internal sealed class AttemptFolder(IFileLayer files, string path, int number)
{
    /// <summary>Ends every temporary name in an attempt's folder.</summary>
    public const string TemporarySuffix = ".tmp";

    public int Number { get; } = number;

    public string Path { get; } = path;

    public string ClaimPath => System.IO.Path.Combine(Path, "claim");

    public string HeartbeatPath => System.IO.Path.Combine(Path, "heartbeat");

    public string OutcomePath => System.IO.Path.Combine(Path, "outcome.json");

    public string MetricsPath => System.IO.Path.Combine(Path, "metrics.csv");

    public string LogPath => System.IO.Path.Combine(Path, "log.jsonl");

    public string EnvironmentPath => System.IO.Path.Combine(Path, "environment.json");

    public string CheckpointsPath => System.IO.Path.Combine(Path, "checkpoints");

    /// <summary>Says with which other runs this one trains, and why; missing where that was never a question.</summary>
    public string StackPath => System.IO.Path.Combine(Path, "stack.json");

    /// <summary>Names the step whose checkpoint is being loaded, while it is.</summary>
    public string LoadingPath => System.IO.Path.Combine(Path, "loading");

    public Unsealed<Claim> ReadClaim() => SealedJson.Open(files, ClaimPath, ExecutionJson.Default.Claim);

    /// <summary>How the attempt ended; missing while it goes on.</summary>
    public Unsealed<Outcome> ReadOutcome() => SealedJson.Open(files, OutcomePath, ExecutionJson.Default.Outcome);

    /// <summary>With which other runs this one trains; missing where that was never a question.</summary>
    public Unsealed<StackRecord> ReadStack() => SealedJson.Open(files, StackPath, ExecutionJson.Default.StackRecord);

    public bool IsOver => files.KindOf(OutcomePath) != EntryKind.Missing;

    /// <summary>Whether a checkpoint was saved here (and not yet replaced by a later attempt's).</summary>
    public bool HasCheckpoints => files.List(CheckpointsPath).Any(e => e.Kind == EntryKind.Folder && CheckpointFolder.StepOf(e.Name) is not null);

    /// <summary>Removes what a killed worker left half-written. Only for an attempt that is over.</summary>
    public void RemoveLeftovers()
    {
        foreach (var folder in (string[])[Path, CheckpointsPath])
        {
            foreach (var entry in files.List(folder))
            {
                if (entry.Name.EndsWith(TemporarySuffix, StringComparison.Ordinal))
                {
                    files.DeleteFolder(System.IO.Path.Combine(folder, entry.Name));
                }
            }
        }
    }
}
