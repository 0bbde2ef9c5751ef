namespace Harness.Execution.Files;

/// <summary>The real disk.</summary>
internal sealed class DiskFiles : IFileLayer
{
    /// <summary>What .NET gives as the attributes of a path that names nothing.</summary>
    private const FileAttributes Absent = (FileAttributes)(-1);

    public static DiskFiles Instance { get; } = new();

    public Stream CreateNew(string path) =>
        new FileStream(Posix.Open(path, Posix.WriteOnlyFlag | Posix.CreateExclusive), FileAccess.Write, bufferSize: 0);

    public Stream OpenRead(string path) => new FileStream(Posix.Open(path, Posix.ReadOnlyFlag), FileAccess.Read, bufferSize: 1 << 16);

    public Stream OpenWrite(string path) => new FileStream(Posix.Open(path, Posix.WriteOnlyFlag), FileAccess.Write, bufferSize: 0);

    public void Sync(Stream stream) => ((FileStream)stream).Flush(flushToDisk: true);

    public void SyncFolder(string folder) => Posix.SyncFolder(folder);

    public void MakeFolder(string folder)
    {
        // Not Directory.CreateDirectory: that makes parents too, and a run's folder that someone removed must not come back half.
        if (Posix.MakeFolder(folder) is not (0 or Posix.Exists) and var error)
        {
            throw Posix.Failure("mkdir", folder, error);
        }
    }

    public bool TryLink(string existing, string name) => Posix.Link(existing, name) switch
    {
        0 => true,
        Posix.Exists => false,
        var error => throw Posix.Failure("link", name, error),
    };

    public bool TryMoveFolder(string from, string to) => Posix.Rename(from, to) switch
    {
        0 => true,
        Posix.Exists or Posix.NotEmptyLinux or Posix.NotEmptyMac or Posix.NotADirectory => false,
        var error => throw Posix.Failure("rename", to, error),
    };

    public void Replace(string from, string to)
    {
        var error = Posix.Rename(from, to);
        if (error != 0)
        {
            throw Posix.Failure("rename", to, error);
        }
    }

    public void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Its folder is gone, and the file with it.
        }
    }

    public void DeleteFolder(string folder)
    {
        switch (KindOf(folder))
        {
            case EntryKind.Folder:
                try
                {
                    Directory.Delete(folder, recursive: true);
                }
                catch (DirectoryNotFoundException)
                {
                    // Someone else removed it first.
                }

                break;
            case EntryKind.Missing:
                break;
            default:
                Delete(folder);
                break;
        }
    }

    public EntryKind KindOf(string path) => KindOf(new FileInfo(path).Attributes);

    public IReadOnlyList<FolderEntry> List(string folder)
    {
        if (KindOf(folder) != EntryKind.Folder)
        {
            return []; // No link is followed; and of thousands of runs that nobody began, an exception each would cost most of a status.
        }

        try
        {
            return [.. new DirectoryInfo(folder).EnumerateFileSystemInfos().Select(e => new FolderEntry(e.Name, KindOf(e.Attributes)))];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    public long FreeBytes(string folder)
    {
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
        {
            folder = parent;
        }

        return new DriveInfo(folder).AvailableFreeSpace;
    }

    private static EntryKind KindOf(FileAttributes attributes) =>
        attributes == Absent ? EntryKind.Missing
        : attributes.HasFlag(FileAttributes.ReparsePoint) ? EntryKind.Link
        : attributes.HasFlag(FileAttributes.Directory) ? EntryKind.Folder
        : EntryKind.File;
}
