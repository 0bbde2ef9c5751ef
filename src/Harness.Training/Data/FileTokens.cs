using System.Buffers;
using Harness.Core.Data;
using Microsoft.Win32.SafeHandles;

namespace Harness.Training.Data;

/// <summary>
/// Tokens read where they lie in a file, a window at a time. Plain reads, not a memory map: a file that shrinks is an error here, where a
/// map would end the process, and a window costs a microsecond either way.
/// </summary>
/// <param name="path">For messages.</param>
/// <param name="handle">The open file, which this owns.</param>
/// <param name="start">First byte of the first token.</param>
/// <param name="end">One past the last token's last byte.</param>
/// <param name="width">Bytes a token, 1, 2 or 4.</param>
internal sealed class FileTokens(string path, SafeFileHandle handle, long start, long end, int width) : TokenSequence
{
    /// <inheritdoc/>
    public override long Length => (end - start) / width;

    /// <inheritdoc/>
    protected override void ReadWithin(long offset, Span<int> tokens)
    {
        var size = tokens.Length * width;
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            for (var done = 0; done < size;)
            {
                var count = RandomAccess.Read(handle, buffer.AsSpan(done, size - done), start + offset * width + done);
                if (count == 0)
                {
                    throw new DataUnavailableException($"{path}: became shorter while it was read. Restore it and start again.");
                }

                done += count;
            }

            TokenCode.Unpack(buffer.AsSpan(0, size), width, tokens);
        }
        catch (IOException e)
        {
            throw new DataUnavailableException($"{path}: can't be read any more ({e.Message.TrimEnd('.')}).", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            handle.Dispose();
        }

        base.Dispose(disposing);
    }
}
