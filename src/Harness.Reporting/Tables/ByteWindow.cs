using System.Text;

namespace Harness.Reporting.Tables;

/// <summary>A stream's bytes through a window that slides forward. What stands from <see cref="Start"/> on is kept, in one piece, while more is read behind it.</summary>
internal sealed class ByteWindow(Stream stream, string file) : IDisposable
{
    /// <summary>A record longer than this is an unclosed quote or no CSV at all: 16 MiB.</summary>
    private const int LongestRecord = 1 << 24;

    private Stream source = stream;
    private bool ended;

    /// <summary>The buffer; replaced and moved by <see cref="Fill"/>.</summary>
    public byte[] Bytes { get; private set; } = new byte[1 << 18];

    /// <summary>The first byte that is kept.</summary>
    public int Start { get; set; }

    /// <summary>The next byte to look at.</summary>
    public int Position { get; set; }

    /// <summary>Behind the last byte that was read.</summary>
    public int End { get; private set; }

    /// <summary>The line (1-based) that messages about too long a record name.</summary>
    public long Line { get; set; }

    /// <summary>The bytes from <see cref="Position"/> on that are at hand.</summary>
    public ReadOnlySpan<byte> Rest => Bytes.AsSpan(Position, End - Position);

    /// <summary>Whether there is a byte at <see cref="Position"/>, after reading on where need be.</summary>
    public bool Has() => Position < End || Fill();

    /// <summary>Reads on, after moving what is kept to the front. False at the end of the stream.</summary>
    /// <exception cref="TableException">What is kept is longer than any record, or the stream cannot be read.</exception>
    public bool Fill()
    {
        if (ended)
        {
            return false;
        }

        if (Start > 0)
        {
            Bytes.AsSpan(Start, End - Start).CopyTo(Bytes);
            End -= Start;
            Position -= Start;
            Start = 0;
        }

        if (End > LongestRecord)
        {
            throw new TableException(file, Line, null, "the record that starts here is longer than 16 million characters; a record is one line; look for a quote that is never closed, or a file that is not CSV");
        }

        if (End == Bytes.Length)
        {
            byte[] larger = new byte[2 * Bytes.Length];
            Bytes.CopyTo(larger, 0);
            Bytes = larger;
        }

        int read = ReadSome(Bytes.AsSpan(End));
        ended = read == 0;
        End += read;
        return read > 0;
    }

    /// <summary>Goes on as UTF-8 where the stream began with UTF-16's byte order mark; skips UTF-8's.</summary>
    public void Decode()
    {
        while (End < 4 && Fill())
        {
        }

        ReadOnlySpan<byte> begun = Bytes.AsSpan(0, End);
        Encoding? wide = begun is [0xFF, 0xFE, ..] ? Encoding.Unicode : begun is [0xFE, 0xFF, ..] ? Encoding.BigEndianUnicode : null;
        if (wide is not null)
        {
            source = Encoding.CreateTranscodingStream(new RejoinedStream(begun[2..].ToArray(), source), wide, Encoding.UTF8);
            ended = false;
            (Start, Position, End) = (0, 0, 0);
        }
        else if (begun is [0xEF, 0xBB, 0xBF, ..])
        {
            (Start, Position) = (3, 3);
        }
    }

    /// <summary>Reads until so many bytes from <see cref="Start"/> on are at hand, or the stream ends.</summary>
    public ReadOnlySpan<byte> Peek(int count)
    {
        while (End - Start < count && Fill())
        {
        }

        return Bytes.AsSpan(Start, Math.Min(count, End - Start));
    }

    public void Dispose() => source.Dispose();

    private int ReadSome(Span<byte> into)
    {
        try
        {
            return source.Read(into);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TableException(file, Line > 0 ? Line : null, null, $"the file cannot be read on ({e.Message}); a readable CSV file is needed; copy it to a disk that is well");
        }
    }
}
