namespace Harness.Execution.Files;

/// <summary>
/// Every touch of the disk by the run store. The disk implements it; so do the tests' layers that fail or die at the N-th call or forget
/// what was not synced. Files never follow a symbolic link in their last component.
/// </summary>
internal interface IFileLayer
{
    /// <summary>Creates a file for writing, unbuffered. Throws <see cref="IOException"/> if the name is taken.</summary>
    Stream CreateNew(string path);

    /// <summary>Opens a file for reading. Throws <see cref="FileNotFoundException"/> or <see cref="DirectoryNotFoundException"/> if it isn't there.</summary>
    Stream OpenRead(string path);

    /// <summary>Opens an existing file for writing in place, unbuffered, at position 0.</summary>
    Stream OpenWrite(string path);

    /// <summary>Makes a file's content durable (fsync).</summary>
    void Sync(Stream stream);

    /// <summary>Makes a folder's entries durable (fsync of the folder).</summary>
    void SyncFolder(string folder);

    /// <summary>Makes a folder; an existing one is fine. Throws <see cref="FileNotFoundException"/> if its parent isn't there.</summary>
    void MakeFolder(string folder);

    /// <summary>Gives a file a second name, atomically; false if that name is taken (link(2): also exclusive on NFS).</summary>
    bool TryLink(string existing, string name);

    /// <summary>Moves a non-empty folder to a new name, atomically; false if that name is taken.</summary>
    bool TryMoveFolder(string from, string to);

    /// <summary>Renames a file over another, atomically.</summary>
    void Replace(string from, string to);

    /// <summary>Removes a file; a missing one is fine.</summary>
    void Delete(string path);

    /// <summary>Removes a folder and what is in it, without following links; a missing one is fine.</summary>
    void DeleteFolder(string folder);

    /// <summary>What a path names, the link itself where it is one.</summary>
    EntryKind KindOf(string path);

    /// <summary>The entries of a folder, in no particular order; none if it does not exist or is no folder but a link to one.</summary>
    IReadOnlyList<FolderEntry> List(string folder);

    /// <summary>Bytes that an ordinary user can still write below a folder.</summary>
    long FreeBytes(string folder);
}

/// <summary>What a path names.</summary>
internal enum EntryKind
{
    /// <summary>Nothing.</summary>
    Missing,

    /// <summary>A file (or something else that is neither folder nor link).</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link, which nothing inside a run's folder may be.</summary>
    Link,
}

/// <summary>One entry of a folder.</summary>
/// <param name="Name">Without its folder.</param>
/// <param name="Kind">What it is.</param>
internal readonly record struct FolderEntry(string Name, EntryKind Kind);
