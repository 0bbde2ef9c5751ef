using System.Globalization;
using System.Security.Cryptography;
using Harness.Execution.Files;
using Harness.Execution.Store;

namespace Harness.Execution.Attempts;

/// <summary>
/// One stored checkpoint: a folder <c>step-N</c> with the trainer's state and a manifest. It gets its name when both are durable, so a folder of that
/// name is whole or was damaged later, and the manifest tells which.
/// </summary>
internal sealed record CheckpointFolder(AttemptFolder Attempt, long Step)
{
    private const string Prefix = "step-";

    public string Path => System.IO.Path.Combine(Attempt.CheckpointsPath, NameOf(Step));

    public string StatePath => System.IO.Path.Combine(Path, "state.safetensors");

    public string ManifestPath => System.IO.Path.Combine(Path, "manifest.json");

    public static string NameOf(long step) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:D10}");

    /// <summary>The step in a checkpoint folder's name, or null if it is none.</summary>
    public static long? StepOf(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal)
        && long.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step)
        && name == NameOf(step)
            ? step
            : null;

    /// <summary>Every checkpoint of some attempts, newest step first; of the same step, the later attempt's first.</summary>
    public static IReadOnlyList<CheckpointFolder> In(IFileLayer files, IEnumerable<AttemptFolder> attempts) =>
    [
        .. attempts
            .SelectMany(a => files.List(a.CheckpointsPath)
                .Where(e => e.Kind == EntryKind.Folder && StepOf(e.Name) is not null)
                .Select(e => new CheckpointFolder(a, StepOf(e.Name)!.Value)))
            .OrderByDescending(c => c.Step)
            .ThenByDescending(c => c.Attempt.Number),
    ];

    /// <summary>The manifest if state, manifest and the training curve before it are whole; else the reason why not.</summary>
    public (CheckpointManifest? Manifest, string? Damage) Verify(IFileLayer files)
    {
        var opened = SealedJson.Open(files, ManifestPath, ExecutionJson.Default.CheckpointManifest);
        if (opened.Content is not { } manifest)
        {
            return (null, $"{ManifestPath}: {opened.Reason}");
        }

        if (manifest.Step != Step)
        {
            return (null, $"{ManifestPath}: it is the manifest of step {manifest.Step}, in the folder of step {Step}");
        }

        var damage = PrefixDamage(files, StatePath, manifest.Length, manifest.Hash, exact: true)
            ?? PrefixDamage(files, Attempt.MetricsPath, manifest.MetricsLength, manifest.MetricsHash, exact: false);
        return damage is null ? (manifest, null) : (null, damage);
    }

    /// <summary>Removes it, also where another process is doing that: a folder of that name is never seen half removed.</summary>
    public void Remove(IFileLayer files)
    {
        var trash = Path + AttemptFolder.TemporarySuffix;
        files.DeleteFolder(trash);
        try
        {
            if (files.TryMoveFolder(Path, trash))
            {
                files.DeleteFolder(trash);
            }
        }
        catch (FileNotFoundException)
        {
            // Another process was faster.
        }
    }

    /// <summary>What is wrong with the first <paramref name="length"/> bytes of a file, or null.</summary>
    private static string? PrefixDamage(IFileLayer files, string path, long length, string hash, bool exact)
    {
        try
        {
            using var stream = files.OpenRead(path);
            if (exact ? stream.Length != length : stream.Length < length)
            {
                return $"{path}: {stream.Length} bytes instead of {length}";
            }

            return HashOfPrefix(stream, length) == hash ? null : $"{path}: its content does not match its SHA-256";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e is FileNotFoundException or DirectoryNotFoundException ? $"{path}: missing" : e.Message;
        }
    }

    private static string HashOfPrefix(Stream stream, long length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 17];
        for (var left = length; left > 0;)
        {
            var read = stream.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
            if (read == 0)
            {
                break;
            }

            hash.AppendData(buffer, 0, read);
            left -= read;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
