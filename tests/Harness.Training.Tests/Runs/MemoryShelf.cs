using Harness.Core.Runs;

namespace Harness.Training.Tests.Runs;

/// <summary>Keeps every checkpoint in memory, so that a test can resume from any.</summary>
internal sealed class MemoryShelf : ICheckpointShelf
{
    public SortedDictionary<long, byte[]> Files { get; } = [];

    public void Save(long step, Action<Stream> write)
    {
        using var stream = new MemoryStream();
        write(stream);
        Files[step] = stream.ToArray();
    }

    public IReadOnlyList<StoredCheckpoint> Newest() =>
        [.. Files.Reverse().Select(f => new StoredCheckpoint(f.Key, f.Value.Length, () => new MemoryStream(f.Value)))];

    /// <summary>A shelf with nothing but the checkpoint of one step.</summary>
    public MemoryShelf Only(long step) => new() { Files = { [step] = Files[step] } };
}
