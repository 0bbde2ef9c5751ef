using Harness.Execution.Files;

namespace Harness.Execution.Tests.Faults;

/// <summary>
/// A disk in memory that knows what was made durable: fsync of a file keeps its content, fsync of a folder keeps its entries, and a power
/// failure drops, keeps or tears everything else at random (after SQLite's test6.c).
/// </summary>
internal sealed class MemoryFiles : IFileLayer
{
    private readonly Lock _lock = new();
    private MemoryFolder _root = new();

    public Stream CreateNew(string path)
    {
        lock (_lock)
        {
            var (folder, name) = Parent(path);
            if (folder.Entries.ContainsKey(name))
            {
                throw new IOException($"{path}: exists", Posix.Exists);
            }

            var file = new MemoryFile();
            folder.Entries[name] = file;
            return new MemoryFileStream(_lock, file, readable: false);
        }
    }

    public Stream OpenRead(string path)
    {
        lock (_lock)
        {
            return new MemoryFileStream(_lock, FileAt(path), readable: true);
        }
    }

    public Stream OpenWrite(string path)
    {
        lock (_lock)
        {
            return new MemoryFileStream(_lock, FileAt(path), readable: false);
        }
    }

    public void Sync(Stream stream)
    {
        lock (_lock)
        {
            var file = ((MemoryFileStream)stream).File;
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
            parent.Entries.TryAdd(name, new MemoryFolder());
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
            var node = (MemoryFolder)source.Entries[name];
            if (target.Entries.TryGetValue(entry, out var there) && there is not MemoryFolder { Entries.Count: 0 })
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
                MemoryFolder => EntryKind.Folder,
                _ => EntryKind.File,
            };
        }
    }

    public IReadOnlyList<FolderEntry> List(string folder)
    {
        lock (_lock)
        {
            return FolderAt(folder) is { } node
                ? [.. node.Entries.Select(e => new FolderEntry(e.Key, e.Value is MemoryFolder ? EntryKind.Folder : EntryKind.File))]
                : [];
        }
    }

    /// <summary>What <see cref="FreeBytes"/> says.</summary>
    public long Free { get; set; } = 1L << 40;

    public long FreeBytes(string folder) => Free;

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
            _root = PowerLoss.Of(_root, random);
        }
    }

    private static IEnumerable<string> Paths(MemoryFolder folder, string prefix)
    {
        foreach (var (name, node) in folder.Entries)
        {
            yield return prefix + "/" + name;
            if (node is MemoryFolder sub)
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
            if (node is not MemoryFolder folder || !folder.Entries.TryGetValue(part, out var next))
            {
                return null;
            }

            node = next;
        }

        return node;
    }

    private MemoryFolder? FolderAt(string path) => At(path) as MemoryFolder;

    private MemoryFile FileAt(string path) => At(path) as MemoryFile ?? throw new FileNotFoundException(path);

    private (MemoryFolder Folder, string Name) Parent(string path) =>
        (FolderAt(Path.GetDirectoryName(path)!) ?? throw new DirectoryNotFoundException(path), Path.GetFileName(path));
}
