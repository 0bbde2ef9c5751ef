using System.Buffers.Binary;
using System.Globalization;
using Harness.Core.Data;
using Harness.Training.Data.Files;

namespace Harness.Training.Data.Shards;

/// <summary>
/// A file of tokens, in one of three forms: nanoGPT's (uint16 from the first byte), llm.c's for GPT-2 (256 int32 of header beginning with
/// 20240520, version 1, count; then uint16) and llm.c's for Llama 3 (20240801, version 7, count; then uint32).
/// </summary>
/// <param name="File">The file.</param>
/// <param name="Start">First byte of the first token.</param>
/// <param name="Width">Bytes a token, 2 or 4.</param>
internal sealed record TokenShard(RegularFile File, long Start, int Width)
{
    private const int HeaderBytes = 256 * sizeof(int);

    /// <summary>Number of tokens.</summary>
    public long Count => (File.Length - Start) / Width;

    /// <summary>Looks at a shard's head and size.</summary>
    /// <exception cref="DataUnavailableException">It is none of the three forms.</exception>
    public static TokenShard At(RegularFile file)
    {
        var head = new byte[HeaderBytes];
        int read;
        using (var stream = file.Open())
        {
            read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        }

        RefuseForeign(file, head);
        int Word(int index) => BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(index * sizeof(int)));
        return (read < 3 * sizeof(int) ? 0 : Word(0)) switch
        {
            20240520 => WithHeader(file, read, Word(1), Word(2), expectedVersion: 1, width: 2),
            20240801 => WithHeader(file, read, Word(1), Word(2), expectedVersion: 7, width: 4),
            _ when file.Length % 2 != 0 => throw new DataUnavailableException(string.Create(CultureInfo.InvariantCulture,
                $"{file.Path}: has {file.Length} bytes, an odd number, so it is no list of 16-bit tokens. Give a .bin shard of nanoGPT or llm.c, or use data.source: text.")),
            _ => new TokenShard(file, 0, 2),
        };
    }

    /// <summary>Opens the tokens where they lie.</summary>
    public FileTokens Open()
    {
        try
        {
            return new FileTokens(File.Path, OpenShared(), Start, File.Length, Width);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw File.Unreadable(e);
        }
    }

    /// <summary>Shared with writers: a corpus in use should not keep its owner from anything.</summary>
    private Microsoft.Win32.SafeHandles.SafeFileHandle OpenShared() =>
        System.IO.File.OpenHandle(File.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);

    private static TokenShard WithHeader(RegularFile file, int read, int version, int count, int expectedVersion, int width)
    {
        if (version != expectedVersion)
        {
            throw new DataUnavailableException(string.Create(CultureInfo.InvariantCulture,
                $"{file.Path}: is an llm.c shard of version {version}; version {expectedVersion} can be read. Write it again with a current llm.c."));
        }

        var bytes = file.Length - HeaderBytes;
        if (read < HeaderBytes || count < 1 || bytes != (long)count * width)
        {
            throw new DataUnavailableException(string.Create(CultureInfo.InvariantCulture,
                $"{file.Path}: its header promises {count} tokens ({(long)count * width} bytes) but {Math.Max(0, bytes)} bytes follow. Copy the shard again."));
        }

        return new TokenShard(file, HeaderBytes, width);
    }

    private static void RefuseForeign(RegularFile file, ReadOnlySpan<byte> head)
    {
        var what = head switch
        {
            [0x50, 0x4B, 0x03, 0x04, ..] => "a zip archive (PyTorch's .pt files are some)",
            [0x80, 0x02 or 0x03 or 0x04 or 0x05, (byte)'}' or (byte)']' or (byte)'c' or 0x95 or 0x8A, ..] => "a Python pickle",
            [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', ..] => "a NumPy file; write the array with tofile() instead",
            [0x1F, 0x8B, 0x08, ..] => "gzip; unpack it",
            _ => null,
        };
        if (what is not null)
        {
            throw new DataUnavailableException($"{file.Path}: is {what}. Give a .bin shard of nanoGPT or llm.c.");
        }
    }
}
