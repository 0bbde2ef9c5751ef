using System.Globalization;
using Harness.Core.Data;

namespace Harness.Training.Data.Files;

/// <summary>
/// A file that may be opened without fear of waiting: it exists, is no directory and has a length. Pipes, sockets and devices have none,
/// so they are refused before an open that could hang or never end.
/// </summary>
/// <param name="Path">As the user wrote it, absolute.</param>
/// <param name="Length">Bytes when it was looked at, above 0.</param>
/// <param name="ModifiedUtc">When it was last written.</param>
internal sealed record RegularFile(string Path, long Length, DateTime ModifiedUtc)
{
    /// <summary>Looks at a file.</summary>
    /// <exception cref="DataUnavailableException">It can't be read as a regular file that is not empty.</exception>
    public static RegularFile At(string path)
    {
        if (Directory.Exists(path))
        {
            throw new DataUnavailableException($"{path}: is a directory. Name its files, for example with {System.IO.Path.Combine(path, "*.txt")}.");
        }

        var file = Target(path);
        if (!file.Exists)
        {
            throw new DataUnavailableException($"{path}: no such file. Correct the path in the sweep's data section.");
        }

        if (file.Length == 0)
        {
            throw new DataUnavailableException($"{path}: is empty, or no regular file but a pipe or a device. Give a regular file with something in it.");
        }

        return new RegularFile(path, file.Length, file.LastWriteTimeUtc);
    }

    /// <summary>Opens the file for one pass from its beginning.</summary>
    /// <exception cref="DataUnavailableException">It may not be read, or went away.</exception>
    public FileStream Open()
    {
        try
        {
            return new FileStream(Path, new FileStreamOptions { Options = FileOptions.SequentialScan, BufferSize = 1 << 16, Share = FileShare.ReadWrite | FileShare.Delete });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(e);
        }
    }

    /// <summary>The error for a file that is not what it was when it was looked at.</summary>
    public DataUnavailableException Changed() => new(string.Create(CultureInfo.InvariantCulture,
        $"{Path}: no longer has the {Length} bytes it had a moment ago. Let whatever writes it finish, then start again."));

    /// <summary>The error for a file that the system will not read.</summary>
    public DataUnavailableException Unreadable(Exception cause) =>
        new($"{Path}: can't be read ({cause.Message.TrimEnd('.')}). Make it readable for this user.", cause);

    private static FileInfo Target(string path)
    {
        try
        {
            return (FileInfo?)File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path);
        }
        catch (FileNotFoundException)
        {
            return new FileInfo(path);
        }
        catch (DirectoryNotFoundException)
        {
            return new FileInfo(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataUnavailableException($"{path}: can't be followed to a file ({e.Message.TrimEnd('.')}). Name the file itself.", e);
        }
    }
}
