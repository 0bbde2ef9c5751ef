using Harness.Core.Runs;

namespace Harness.Training.Tests.Runs;

/// <summary>Keeps every checkpoint in memory, so that a test can resume from any.</summary>
internal sealed class MemoryShelf : ICheckpointShelf
{
    public SortedDictionary<long, byte[]> Files { get; } = [];

    /// <summary>Steps at which others branch off.</summary>
    public HashSet<long> Wanted { get; init; } = [];

    /// <summary>A checkpoint of another run to begin from.</summary>
    public (RunId Run, long Step, byte[] Content)? Trunk { get; init; }

    public bool IsWanted(long step) => Wanted.Contains(step);

    public void Save(long step, Action<Stream> write)
    {
        using var stream = new MemoryStream();
        write(stream);
        Files[step] = stream.ToArray();
    }

    public IReadOnlyList<StoredCheckpoint> Newest() =>
    [
        .. Files.Reverse().Select(f => new StoredCheckpoint(f.Key, f.Value.Length, () => new MemoryStream(f.Value))),
        .. Trunk is { } t ? [new StoredCheckpoint(t.Step, t.Content.Length, () => new MemoryStream(t.Content), t.Run)] : Array.Empty<StoredCheckpoint>(),
    ];

    /// <summary>A shelf with nothing but the checkpoint of one step.</summary>
    public MemoryShelf Only(long step) => new() { Files = { [step] = Files[step] } };
}
