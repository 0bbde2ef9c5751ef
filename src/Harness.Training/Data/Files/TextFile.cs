using System.Buffers;
using System.IO.Compression;
using Harness.Core.Data;
using Harness.Training.Data.Corpora;

namespace Harness.Training.Data.Files;

/// <summary>Reads the text of plain and gzip files.</summary>
internal static class TextFile
{
    private const int BufferSize = 1 << 17;

    // What people hand over by mistake, by its first bytes.
    private static readonly (byte[] Magic, string What)[] s_notText =
    [
        ([0xFF, 0xFE], "is UTF-16; convert it to UTF-8, for example with iconv -f UTF-16 -t UTF-8"),
        ([0xFE, 0xFF], "is UTF-16; convert it to UTF-8, for example with iconv -f UTF-16 -t UTF-8"),
        ([0x1F, 0x8B], "is gzip but not named so; give it a name that ends in .gz"),
        ([0x50, 0x4B, 0x03, 0x04], "is a zip archive; unpack it"),
        ([0x28, 0xB5, 0x2F, 0xFD], "is compressed with zstd; unpack it"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "is compressed with xz; unpack it"),
        ([0x42, 0x5A, 0x68], "is compressed with bzip2; unpack it"),
        ([0x50, 0x41, 0x52, 0x31], "is a Parquet file; export its text column"),
    ];

    // Without this switch, .NET takes a gzip stream that was cut off for a complete one. Programs set it in their runtime configuration
    // (Directory.Build.props); this is for those that use this library without.
    static TextFile() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    /// <summary>Copies a file's text, unpacked and without a byte order mark, and ends it with a line break.</summary>
    /// <exception cref="DataUnavailableException">The file is damaged, changes under the reader, holds nothing or is no text.</exception>
    public static void CopyTo(RegularFile file, TextSpool target)
    {
        var gzip = file.Path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        using var raw = file.Open();
        try
        {
            if (!gzip)
            {
                Copy(file, raw, target, file.Length);
                return;
            }

            if (raw.ReadByte() != 0x1F || raw.ReadByte() != 0x8B)
            {
                throw new DataUnavailableException($"{file.Path}: is named .gz but is not gzip. Rename it, or pack it with gzip.");
            }

            raw.Position = 0;
            using var unpacked = new GZipStream(raw, CompressionMode.Decompress);
            Copy(file, unpacked, target, expected: null);
        }
        catch (InvalidDataException e)
        {
            throw new DataUnavailableException($"{file.Path}: is damaged gzip ({e.Message.TrimEnd('.')}). Make or fetch it again.", e);
        }
    }

    private static void Copy(RegularFile file, Stream source, TextSpool target, long? expected)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            long read = 0;
            long written = 0;
            byte last = 0;
            int count;
            // A plain file is read up to the length it had: one that grows without end must not fill the disk.
            while ((count = Fill(file, source, buffer.AsSpan(0, (int)Math.Min(BufferSize, (expected ?? long.MaxValue) - read)))) > 0)
            {
                var bytes = buffer.AsSpan(0, count);
                var text = read == 0 ? WithoutMark(file, bytes) : bytes;
                target.Write(text);
                written += text.Length;
                read += count;
                last = bytes[^1];
            }

            if (expected is not null && read != expected)
            {
                throw file.Changed();
            }

            if (written == 0)
            {
                throw new DataUnavailableException($"{file.Path}: holds no text. Leave it out or give a file with text.");
            }

            if (last != '\n')
            {
                target.Write("\n"u8);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int Fill(RegularFile file, Stream source, Span<byte> buffer)
    {
        try
        {
            return source.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw file.Unreadable(e);
        }
    }

    private static ReadOnlySpan<byte> WithoutMark(RegularFile file, ReadOnlySpan<byte> bytes)
    {
        foreach (var (magic, what) in s_notText)
        {
            if (bytes.StartsWith(magic))
            {
                throw new DataUnavailableException($"{file.Path}: {what}.");
            }
        }

        return bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? bytes[3..] : bytes;
    }
}
