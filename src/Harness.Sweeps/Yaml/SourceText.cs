using System.Text;

namespace Harness.Sweeps.Yaml;

/// <summary>Reads a sweep file as text, whatever it turns out to be.</summary>
internal static class SourceText
{
    /// <summary>10,000 explicit runs of 400 bytes fit; a corpus given by mistake does not.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text without its byte-order mark, or null with a problem added.</summary>
    public static string? Read(string path, ProblemList problems)
    {
        try
        {
            return Decode(path, Bytes(path), problems);
        }
        catch (UnusableFileException e)
        {
            problems.Add(new Origin(path, 0), "", "file", e.Message, null, e.Mend);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            problems.Add(new Origin(path, 0), "", "file", "can't be read: " + e.Message, null, "Check the path and its permissions");
        }

        return null;
    }

    /// <summary>Checks the bytes' form and decodes them, or adds a problem and returns null.</summary>
    public static string? Decode(string file, ReadOnlySpan<byte> bytes, ProblemList problems)
    {
        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] or [0, _, ..] or [_, 0, ..])
        {
            problems.Add(new Origin(file, 1), "", "encoding", "the file is not UTF-8 (it looks like UTF-16 or UTF-32)", null, "Save it as UTF-8");
            return null;
        }

        if (bytes is [0xEF, 0xBB, 0xBF, ..])
        {
            bytes = bytes[3..];
        }

        var line = 1;
        foreach (var b in bytes)
        {
            line += b == '\n' ? 1 : 0;
            if (b is < 32 and not ((byte)'\n' or (byte)'\r' or (byte)'\t') or 127)
            {
                problems.Add(new Origin(file, line), "", "control", $"a control character (0x{b:x2})", "a sweep is plain text", "Remove it");
                return null;
            }
        }

        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            var at = bytes[..Math.Clamp(e.Index, 0, bytes.Length)].Count((byte)'\n') + 1;
            problems.Add(new Origin(file, at), "", "encoding", "bytes that are not UTF-8", null, "Save the file as UTF-8");
            return null;
        }
    }

    /// <remarks>A FIFO or a device has length 0, so it is refused before an open could block or never end.</remarks>
    private static byte[] Bytes(string path)
    {
        if (Directory.Exists(path))
        {
            throw new UnusableFileException("is a folder", "Name the YAML file in it");
        }

        var file = new FileInfo(path);
        if (!file.Exists)
        {
            throw new UnusableFileException("there is no such file", "Check the path");
        }

        if (file.Length == 0)
        {
            throw new UnusableFileException("the file is empty or not a regular file", "Name a YAML file; configs/ has examples");
        }

        if (file.Length > MaxBytes)
        {
            throw new UnusableFileException($"the file has {Show.Exact(file.Length)} bytes, more than the {Show.Exact(MaxBytes)} of a sweep", "Name a YAML file");
        }

        using var stream = file.OpenRead();
        var bytes = new byte[MaxBytes + 1];
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length <= MaxBytes ? bytes[..length] : throw new UnusableFileException("the file grows while it is read", "Name a YAML file");
    }

    private sealed class UnusableFileException(string message, string mend) : Exception(message)
    {
        public string Mend { get; } = mend;
    }
}
