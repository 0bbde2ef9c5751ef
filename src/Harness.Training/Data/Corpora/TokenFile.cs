using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Harness.Training.Data.Corpora;

/// <summary>
/// A prepared corpus on the disk: header, training tokens, held-out tokens. Its name is the SHA-256 of all of it, which is also the
/// content hash in a run's identity, so <c>sha256sum</c> checks a file by its name.
/// </summary>
internal static class TokenFile
{
    // Up to here a corpus is read into memory and checked against its hash; 9 MB take about 10 ms. Above, tokens are read where they lie.
    private const long LargestInMemory = 256L << 20;

    /// <summary>Opens a corpus, or null if there is none of that name or what is there is damaged.</summary>
    /// <param name="path">The file.</param>
    /// <param name="hash">Its SHA-256, hex.</param>
    public static (TokenHeader Header, TokenSequence Tokens)? Open(string path, string hash)
    {
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        var start = new byte[TokenHeader.Size];
        var length = RandomAccess.GetLength(handle);
        if (RandomAccess.Read(handle, start, 0) < start.Length || TokenHeader.FromBytes(start) is not { } header || header.FileSize != length)
        {
            handle.Dispose();
            return null;
        }

        if (length > LargestInMemory)
        {
            return (header, new FileTokens(path, handle, TokenHeader.Size, length, header.Width));
        }

        using (handle)
        {
            var bytes = new byte[length];
            return ReadFully(handle, bytes) && Convert.ToHexStringLower(SHA256.HashData(bytes)) == hash
                ? (header, new MemoryTokens(bytes.AsMemory(TokenHeader.Size), header.Width))
                : null;
        }
    }

    private static bool ReadFully(SafeFileHandle handle, Span<byte> bytes)
    {
        for (var done = 0; done < bytes.Length;)
        {
            var count = RandomAccess.Read(handle, bytes[done..], done);
            if (count == 0)
            {
                return false;
            }

            done += count;
        }

        return true;
    }
}
