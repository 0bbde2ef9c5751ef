using System.Globalization;
using Harness.Core.Runs;
using Harness.Execution.Attempts;
using Harness.Execution.Claims;
using Harness.Execution.Files;

namespace Harness.Execution.Store;

/// <summary>The folder of one run, <c>runs/&lt;run-id&gt;</c>: what is in it and what that means.</summary>
internal sealed class RunFolder(IFileLayer files, string runsFolder, RunId id)
{
    private const string AttemptPrefix = "attempt-";
    private const string PardonPrefix = "pardon-";

    public RunId Id { get; } = id;

    public string Path { get; } = System.IO.Path.Combine(runsFolder, id.Value);

    public string ResultPath => System.IO.Path.Combine(Path, "result.json");

    public string SpecPath => System.IO.Path.Combine(Path, "spec.json");

    public string AttemptPath(int attempt) =>
        System.IO.Path.Combine(Path, string.Create(CultureInfo.InvariantCulture, $"{AttemptPrefix}{attempt}"));

    public AttemptFolder Attempt(int attempt) => new(files, AttemptPath(attempt), attempt);

    /// <summary>The result, if there is one that can be trusted.</summary>
    public Unsealed<Outcome> ReadResult() => SealedJson.Open(files, ResultPath, ExecutionJson.Default.Outcome);

    /// <summary>
    /// Numbers of the attempts, ascending, and the next free one. Only real folders are attempts; a planted link or file takes up its
    /// number and is otherwise passed over.
    /// </summary>
    /// <exception cref="IOException">A link or a file is where the folder should be, or the disk can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public RunEntries List()
    {
        if (files.KindOf(Path) is EntryKind.Link or EntryKind.File)
        {
            throw NotAFolder();
        }

        var attempts = new List<int>();
        var (highest, pardoned, hasResult) = (0, 0, false);
        foreach (var entry in files.List(Path))
        {
            if (NumberAfter(AttemptPrefix, entry.Name) is { } attempt)
            {
                highest = Math.Max(highest, attempt);
                if (entry.Kind == EntryKind.Folder)
                {
                    attempts.Add(attempt);
                }
            }
            else if (NumberAfter(PardonPrefix, entry.Name) is { } pardon)
            {
                pardoned = Math.Max(pardoned, pardon);
            }
            else if (entry.Name == "result.json")
            {
                hasResult = true;
            }
        }

        attempts.Sort();
        return new RunEntries(attempts, highest + 1, pardoned, hasResult);
    }

    /// <summary>Lets the run be tried again although its attempts so far used up its budgets.</summary>
    public void Pardon(int upToAttempt)
    {
        var path = System.IO.Path.Combine(Path, string.Create(CultureInfo.InvariantCulture, $"{PardonPrefix}{upToAttempt}"));
        if (files.KindOf(path) == EntryKind.Missing)
        {
            files.CreateNew(path).Dispose();
            files.SyncFolder(Path);
        }
    }

    /// <summary>Makes the folder (durably, where it is new) and refuses a planted link in its place.</summary>
    public void Make()
    {
        switch (files.KindOf(Path))
        {
            case EntryKind.Folder:
                return;
            case EntryKind.Missing:
                files.MakeFolder(Path);
                files.SyncFolder(runsFolder);
                return;
            default:
                throw NotAFolder();
        }
    }

    private IOException NotAFolder() =>
        new($"{Path}: a symbolic link or file where the run's folder should be; links are not followed here. Remove it.");

    private static int? NumberAfter(string prefix, string name) =>
        name.StartsWith(prefix, StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number is > 0 and < int.MaxValue
        && name.Length == prefix.Length + number.ToString(CultureInfo.InvariantCulture).Length
            ? number
            : null;
}

/// <summary>What lies in a run's folder.</summary>
/// <param name="Attempts">Numbers of the attempts, ascending.</param>
/// <param name="Next">Number for the next one.</param>
/// <param name="Pardoned">Attempts up to this one use no budget.</param>
/// <param name="HasResult">Whether there is a result, good or bad.</param>
internal readonly record struct RunEntries(IReadOnlyList<int> Attempts, int Next, int Pardoned, bool HasResult);
