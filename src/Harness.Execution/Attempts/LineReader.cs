namespace Harness.Execution.Attempts;

/// <summary>Lines of a stream as bytes, in constant memory; a line longer than 64 KiB counts as torn.</summary>
internal sealed class LineReader(Stream stream) : IDisposable
{
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;
    private bool _atEnd;

    /// <summary>The next line without its end; <paramref name="whole"/> is false for one that the file breaks off. Valid until the next call.</summary>
    public bool Next(out ReadOnlyMemory<byte> line, out bool whole)
    {
        while (true)
        {
            var newline = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                line = _buffer.AsMemory(_start, newline);
                _start += newline + 1;
                whole = true;
                return true;
            }

            if (_atEnd || (_start == 0 && _end == _buffer.Length))
            {
                line = _buffer.AsMemory(_start, _end - _start);
                whole = false;
                _start = _end = 0;
                return line.Length > 0;
            }

            Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
            _end -= _start;
            _start = 0;
            var read = stream.Read(_buffer, _end, _buffer.Length - _end);
            _atEnd = read == 0;
            _end += read;
        }
    }

    public void Dispose() => stream.Dispose();
}
