using System.Globalization;

namespace Harness.Reporting.Tables;

/// <summary>
/// Splits UTF-8 into records and fields by RFC 4180, one record in memory at a time. Line ends may be LF, CR LF or CR; quoted fields may hold
/// separators, doubled quotes and line ends; blank lines between records are skipped. A quote inside an unquoted field is kept as it stands.
/// </summary>
internal sealed class CsvTokenizer : IDisposable
{
    private readonly ByteWindow window;
    private readonly string file;
    private readonly byte separator;
    private long line;

    // Begin and end of each field, counted from the record's start: the window may move while a record is read.
    private int[] bounds = new int[64];
    private bool anyQuote;

    public CsvTokenizer(ByteWindow window, string file, char separator, long linesBefore = 0)
    {
        this.window = window;
        this.file = file;
        this.separator = (byte)separator;
        line = linesBefore + 1;
    }

    public char Separator => (char)separator;

    /// <summary>The line (1-based) on which the present record starts.</summary>
    public long Line { get; private set; }

    public int FieldCount { get; private set; }

    /// <summary>The field's UTF-8, quotes removed. Valid until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> Field(int index)
    {
        if ((uint)index >= (uint)FieldCount)
        {
            throw new ArgumentOutOfRangeException(nameof(index));
        }

        int begin = bounds[2 * index];
        return window.Bytes.AsSpan(window.Start + begin, bounds[(2 * index) + 1] - begin);
    }

    /// <summary>Goes to the next record that is not a blank line. False at the end of the text.</summary>
    public bool Read()
    {
        window.Start = window.Position;
        while (window.Has())
        {
            Line = window.Line = line;
            FieldCount = 0;
            anyQuote = false;
            ReadRecord();
            if (FieldCount > 1 || bounds[1] > bounds[0] || anyQuote)
            {
                return true;
            }

            window.Start = window.Position;
        }

        return false;
    }

    public void Dispose() => window.Dispose();

    private void ReadRecord()
    {
        while (true)
        {
            if (2 * (FieldCount + 1) > bounds.Length)
            {
                Array.Resize(ref bounds, bounds.Length * 2);
            }

            if (window.Has() && window.Bytes[window.Position] == (byte)'"')
            {
                ReadQuoted();
            }
            else
            {
                ReadPlain();
            }

            FieldCount++;
            if (window.Has())
            {
                byte next = window.Bytes[window.Position++];
                if (next == separator)
                {
                    continue;
                }

                if (next == (byte)'\r' && window.Has() && window.Bytes[window.Position] == (byte)'\n')
                {
                    window.Position++;
                }
            }

            line++;
            return;
        }
    }

    private void ReadPlain()
    {
        bounds[2 * FieldCount] = window.Position - window.Start;
        int stop;
        while ((stop = window.Rest.IndexOfAny(separator, (byte)'\n', (byte)'\r')) < 0)
        {
            window.Position = window.End;
            if (!window.Fill())
            {
                stop = 0;
                break;
            }
        }

        window.Position += stop;
        bounds[(2 * FieldCount) + 1] = window.Position - window.Start;
    }

    private void ReadQuoted()
    {
        long opened = line;
        anyQuote = true;
        window.Position++;
        int begin = window.Position - window.Start, end = begin;
        while (true)
        {
            if (!window.Has())
            {
                throw new TableException(file, opened, null, "a quote is opened here and never closed; quotes come in pairs, and a quote inside a quoted field is doubled; close it");
            }

            // What is kept moves up over the quotes that were doubled.
            ReadOnlySpan<byte> rest = window.Rest;
            int stop = rest.IndexOfAny((byte)'"', (byte)'\n', (byte)'\r'), run = stop < 0 ? rest.Length : stop;
            if (window.Start + end != window.Position)
            {
                rest[..run].CopyTo(window.Bytes.AsSpan(window.Start + end));
            }

            end += run;
            window.Position += run;
            if (stop < 0)
            {
                continue;
            }

            byte c = window.Bytes[window.Position++];
            if (c == (byte)'"')
            {
                if (!window.Has() || window.Bytes[window.Position] != (byte)'"')
                {
                    break;
                }

                window.Position++;
            }
            else if (c == (byte)'\n' || !window.Has() || window.Bytes[window.Position] != (byte)'\n')
            {
                line++;
            }

            window.Bytes[window.Start + end++] = c;
        }

        (bounds[2 * FieldCount], bounds[(2 * FieldCount) + 1]) = (begin, end);
        if (window.Has() && window.Bytes[window.Position] is var after && after != separator && after is not ((byte)'\n' or (byte)'\r'))
        {
            string field = string.Create(CultureInfo.InvariantCulture, $"field {FieldCount + 1}");
            throw new TableException(file, line, null, $"{field} goes on after its closing quote; a quoted field ends at the separator '{Separator}'; double the quotes inside it, or check the separator");
        }
    }
}
