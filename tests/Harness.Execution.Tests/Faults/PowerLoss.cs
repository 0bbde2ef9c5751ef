namespace Harness.Execution.Tests.Faults;

/// <summary>What a disk in memory still holds when the power comes back.</summary>
internal static class PowerLoss
{
    /// <summary>Every change that was not synced is kept or lost by itself, at random; an unsynced file may keep any part of its bytes.</summary>
    public static MemoryFolder Of(MemoryFolder root, Random random) => (MemoryFolder)After(root, random, []);

    private static object After(object node, Random random, Dictionary<object, object> done)
    {
        if (done.TryGetValue(node, out var known))
        {
            return known;
        }

        if (node is MemoryFile file)
        {
            byte[] content = random.Next(4) switch
            {
                0 => file.Synced,
                1 => [.. file.Content],
                2 => [.. file.Content.Take(Math.Max(file.Synced.Length, random.Next(file.Content.Count + 1)))],
                _ => [.. file.Synced, .. new byte[Math.Max(0, file.Content.Count - file.Synced.Length)]],
            };
            if (file.IsSynced)
            {
                content = file.Synced;
            }

            var survivor = new MemoryFile { Synced = content };
            survivor.Content.AddRange(content);
            done[node] = survivor;
            return survivor;
        }

        var folder = (MemoryFolder)node;
        var after = new MemoryFolder();
        done[node] = after;
        foreach (var name in folder.Entries.Keys.Union(folder.Synced.Keys).ToList())
        {
            var now = folder.Entries.GetValueOrDefault(name);
            var synced = folder.Synced.GetValueOrDefault(name);
            if ((now == synced || random.Next(2) == 0 ? synced : now) is { } kept)
            {
                after.Entries[name] = After(kept, random, done);
            }
        }

        after.Synced = new Dictionary<string, object>(after.Entries);
        return after;
    }
}
