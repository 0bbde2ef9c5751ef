namespace Harness.Execution.Tests.Faults;

/// <summary>A folder: its entries, and those that an fsync of it made durable.</summary>
internal sealed class MemoryFolder
{
    public Dictionary<string, object> Entries { get; } = [];

    public Dictionary<string, object> Synced { get; set; } = [];
}

/// <summary>A file: its bytes, and those that an fsync made durable.</summary>
internal sealed class MemoryFile
{
    public List<byte> Content { get; } = [];

    public byte[] Synced { get; set; } = [];

    public bool IsSynced => Content.Count == Synced.Length && Content.SequenceEqual(Synced);
}

/// <summary>An open file.</summary>
internal sealed class MemoryFileStream(Lock guard, MemoryFile file, bool readable) : Stream
{
    public MemoryFile File { get; } = file;

    public override bool CanRead => readable;

    public override bool CanSeek => true;

    public override bool CanWrite => !readable;

    public override long Length => File.Content.Count;

    public override long Position { get; set; }

    public override int Read(byte[] buffer, int offset, int count)
    {
        lock (guard)
        {
            var n = (int)Math.Min(count, Math.Max(0, File.Content.Count - Position));
            File.Content.CopyTo((int)Position, buffer, offset, n);
            Position += n;
            return n;
        }
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        lock (guard)
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
        lock (guard)
        {
            File.Content.RemoveRange((int)value, (int)(File.Content.Count - value));
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
}
