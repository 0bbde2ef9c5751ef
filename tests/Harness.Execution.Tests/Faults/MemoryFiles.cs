using Harness.Execution.Files;

namespace Harness.Execution.Tests.Faults;

/// <summary>
/// A disk in memory that knows what was made durable: fsync of a file keeps its content, fsync of a folder keeps its entries, and a power
/// failure drops, keeps or tears everything else at random (after SQLite's test6.c).
/// </summary>
internal sealed class MemoryFiles : IFileLayer
{
    private readonly Lock _lock = new();
    private FolderNode _root = new();

    public Stream CreateNew(string path)
    {
        lock (_lock)
        {
            var (folder, name) = Parent(path);
            if (folder.Entries.ContainsKey(name))
            {
                throw new IOException($"{path}: exists", Posix.Exists);
            }

            var file = new FileNode();
            folder.Entries[name] = file;
            return new NodeStream(this, file, readable: false);
        }
    }

    public Stream OpenRead(string path)
    {
        lock (_lock)
        {
            return new NodeStream(this, FileAt(path), readable: true);
        }
    }

    public Stream OpenWrite(string path)
    {
        lock (_lock)
        {
            return new NodeStream(this, FileAt(path), readable: false);
        }
    }

    public void Sync(Stream stream)
    {
        lock (_lock)
        {
            var file = ((NodeStream)stream).File;
            file.Synced = [.. file.Content];
        }
    }

    public void SyncFolder(string folder)
    {
        lock (_lock)
        {
            var node = FolderAt(folder) ?? throw new DirectoryNotFoundException(folder);
            node.Synced = new Dictionary<string, object>(node.Entries);
        }
    }

    public void MakeFolder(string folder)
    {
        lock (_lock)
        {
            if (folder == "/")
            {
                return;
            }

            var (parent, name) = Parent(folder);
            parent.Entries.TryAdd(name, new FolderNode());
        }
    }

    public bool TryLink(string existing, string name)
    {
        lock (_lock)
        {
            var file = FileAt(existing);
            var (folder, entry) = Parent(name);
            return folder.Entries.TryAdd(entry, file);
        }
    }

    public bool TryMoveFolder(string from, string to)
    {
        lock (_lock)
        {
            var (source, name) = Parent(from);
            var (target, entry) = Parent(to);
            var node = (FolderNode)source.Entries[name];
            if (target.Entries.TryGetValue(entry, out var there) && there is not FolderNode { Entries.Count: 0 })
            {
                return false;
            }

            source.Entries.Remove(name);
            target.Entries[entry] = node;
            return true;
        }
    }

    public void Replace(string from, string to)
    {
        lock (_lock)
        {
            var (source, name) = Parent(from);
            var (target, entry) = Parent(to);
            if (!source.Entries.Remove(name, out var node))
            {
                throw new FileNotFoundException(from);
            }

            target.Entries[entry] = node;
        }
    }

    public void Delete(string path)
    {
        lock (_lock)
        {
            if (FolderAt(Path.GetDirectoryName(path)!) is { } folder)
            {
                folder.Entries.Remove(Path.GetFileName(path));
            }
        }
    }

    public void DeleteFolder(string folder) => Delete(folder);

    public EntryKind KindOf(string path)
    {
        lock (_lock)
        {
            return At(path) switch
            {
                null => EntryKind.Missing,
                FolderNode => EntryKind.Folder,
                _ => EntryKind.File,
            };
        }
    }

    public IReadOnlyList<FolderEntry> List(string folder)
    {
        lock (_lock)
        {
            return FolderAt(folder) is { } node
                ? [.. node.Entries.Select(e => new FolderEntry(e.Key, e.Value is FolderNode ? EntryKind.Folder : EntryKind.File))]
                : [];
        }
    }

    public long FreeBytes(string folder) => 1L << 40;

    /// <summary>Every path below the root.</summary>
    public IEnumerable<string> AllPaths()
    {
        lock (_lock)
        {
            return [.. Paths(_root, "")];
        }
    }

    /// <summary>
    /// The power fails: every change that was not synced is kept or lost by itself, at random, and an unsynced file may keep any part of its bytes.
    /// </summary>
    public void LosePower(Random random)
    {
        lock (_lock)
        {
            _root = (FolderNode)AfterPowerLoss(_root, random, [])!;
        }
    }

    private static object AfterPowerLoss(object node, Random random, Dictionary<object, object> done)
    {
        if (done.TryGetValue(node, out var known))
        {
            return known;
        }

        if (node is FileNode file)
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

            var survivor = new FileNode { Synced = content };
            survivor.Content.AddRange(content);
            done[node] = survivor;
            return survivor;
        }

        var folder = (FolderNode)node;
        var after = new FolderNode();
        done[node] = after;
        foreach (var name in folder.Entries.Keys.Union(folder.Synced.Keys).ToList())
        {
            var now = folder.Entries.GetValueOrDefault(name);
            var synced = folder.Synced.GetValueOrDefault(name);
            if ((now == synced || random.Next(2) == 0 ? synced : now) is { } kept)
            {
                after.Entries[name] = AfterPowerLoss(kept, random, done);
            }
        }

        after.Synced = new Dictionary<string, object>(after.Entries);
        return after;
    }

    private static IEnumerable<string> Paths(FolderNode folder, string prefix)
    {
        foreach (var (name, node) in folder.Entries)
        {
            yield return prefix + "/" + name;
            if (node is FolderNode sub)
            {
                foreach (var path in Paths(sub, prefix + "/" + name))
                {
                    yield return path;
                }
            }
        }
    }

    private object? At(string path)
    {
        object node = _root;
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (node is not FolderNode folder || !folder.Entries.TryGetValue(part, out var next))
            {
                return null;
            }

            node = next;
        }

        return node;
    }

    private FolderNode? FolderAt(string path) => At(path) as FolderNode;

    private FileNode FileAt(string path) => At(path) as FileNode ?? throw new FileNotFoundException(path);

    private (FolderNode Folder, string Name) Parent(string path) =>
        (FolderAt(Path.GetDirectoryName(path)!) ?? throw new DirectoryNotFoundException(path), Path.GetFileName(path));

    private sealed class FolderNode
    {
        public Dictionary<string, object> Entries { get; } = [];

        public Dictionary<string, object> Synced { get; set; } = [];
    }

    private sealed class FileNode
    {
        public List<byte> Content { get; } = [];

        public byte[] Synced { get; set; } = [];

        public bool IsSynced => Content.Count == Synced.Length && Content.SequenceEqual(Synced);
    }

    private sealed class NodeStream(MemoryFiles owner, FileNode file, bool readable) : Stream
    {
        public FileNode File { get; } = file;

        public override bool CanRead => readable;

        public override bool CanSeek => true;

        public override bool CanWrite => !readable;

        public override long Length => File.Content.Count;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            lock (owner._lock)
            {
                var n = (int)Math.Min(count, Math.Max(0, File.Content.Count - Position));
                File.Content.CopyTo((int)Position, buffer, offset, n);
                Position += n;
                return n;
            }
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            lock (owner._lock)
            {
                for (var i = 0; i < count; i++, Position++)
                {
                    if (Position < File.Content.Count)
                    {
                        File.Content[(int)Position] = buffer[offset + i];
                    }
                    else
                    {
                        File.Content.Add(buffer[offset + i]);
                    }
                }
            }
        }

        public override void SetLength(long value)
        {
            lock (owner._lock)
            {
                File.Content.RemoveRange((int)value, (int)(File.Content.Count - value));
            }
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    }
}
