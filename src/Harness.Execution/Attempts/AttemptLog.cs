using System.Buffers;
using System.Text.Json;
using Harness.Execution.Files;

namespace Harness.Execution.Attempts;

/// <summary>
/// <c>log.jsonl</c> of an attempt: one object a line, written at once. A full disk costs lines, never the run; how many is said with the
/// first line that fits again.
/// </summary>
internal sealed class AttemptLog : IDisposable
{
    private readonly Stream _stream;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly Lock _lock = new();
    private readonly ArrayBufferWriter<byte> _line = new();
    private long _length;
    private long _dropped;

    public AttemptLog(IFileLayer files, string path, TimeProvider time)
    {
        _time = time;
        _started = time.GetTimestamp();
        _stream = files.CreateNew(path);
    }

    public void Write(string message)
    {
        lock (_lock)
        {
            try
            {
                if (_dropped > 0)
                {
                    Append($"{_dropped} lines before this one are missing: they could not be written");
                    _dropped = 0;
                }

                Append(message);
            }
            catch (IOException)
            {
                _dropped++;
            }
            catch (ObjectDisposedException)
            {
                // A late line of a helper thread after the attempt's end.
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _stream.Dispose();
        }
    }

    private void Append(string message)
    {
        _line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_line))
        {
            json.WriteStartObject();
            json.WriteString("at", _time.GetUtcNow());
            json.WriteNumber("seconds", Math.Round(_time.GetElapsedTime(_started).TotalSeconds, 3));
            json.WriteString("message", message);
            json.WriteEndObject();
        }

        _line.Write("\n"u8);
        try
        {
            _stream.Write(_line.WrittenSpan);
            _length += _line.WrittenCount;
        }
        catch (IOException)
        {
            _stream.SetLength(_length);
            _stream.Position = _length;
            throw;
        }
    }
}
