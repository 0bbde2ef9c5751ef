using System.Security.Cryptography;

namespace Harness.Execution.Attempts;

/// <summary>A forward-only writer that hashes and counts what passes, in blocks large enough for the disk.</summary>
internal sealed class HashingStream(Stream inner) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = new byte[1 << 18];
    private int _filled;

    public long Written { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => Written;

    public override long Position
    {
        get => Written;
        set => throw new NotSupportedException();
    }

    /// <summary>Writes what is buffered and returns the hash of everything, hex.</summary>
    public string Finish()
    {
        Flush();
        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _hash.AppendData(buffer);
        Written += buffer.Length;
        while (!buffer.IsEmpty)
        {
            if (_filled == 0 && buffer.Length >= _buffer.Length)
            {
                inner.Write(buffer);
                return;
            }

            var part = Math.Min(buffer.Length, _buffer.Length - _filled);
            buffer[..part].CopyTo(_buffer.AsSpan(_filled));
            _filled += part;
            buffer = buffer[part..];
            if (_filled == _buffer.Length)
            {
                Flush();
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        if (_filled > 0)
        {
            inner.Write(_buffer, 0, _filled);
            _filled = 0;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
