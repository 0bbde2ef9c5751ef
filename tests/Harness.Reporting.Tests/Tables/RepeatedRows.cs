using System.Text;

namespace Harness.Reporting.Tests.Tables;

/// <summary>A table of very many equal rows, made while it is read.</summary>
internal sealed class RepeatedRows(string header, string row, long rows) : Stream
{
    private readonly byte[] rowBytes = Encoding.UTF8.GetBytes(row);
    private byte[] present = Encoding.UTF8.GetBytes(header);
    private int position;
    private long left = rows;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int written = 0;
        while (written < buffer.Length)
        {
            if (position == present.Length)
            {
                if (left-- <= 0)
                {
                    break;
                }

                present = rowBytes;
                position = 0;
            }

            int taken = Math.Min(buffer.Length - written, present.Length - position);
            present.AsSpan(position, taken).CopyTo(buffer[written..]);
            position += taken;
            written += taken;
        }

        return written;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
