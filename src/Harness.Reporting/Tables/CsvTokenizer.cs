using System.Globalization;

namespace Harness.Reporting.Tables;

/// <summary>
/// Splits text into records and fields by RFC 4180, one record in memory at a time. Line ends may be LF, CR LF or CR; quoted fields may hold
/// separators, doubled quotes and line ends; blank lines between records are skipped. A quote inside an unquoted field is kept as it stands.
/// </summary>
internal sealed class CsvTokenizer : IDisposable
{
    /// <summary>A record longer than this is an unclosed quote or no CSV at all: 16 million characters.</summary>
    private const int LongestRecord = 1 << 24;

    private readonly TextReader reader;
    private readonly string file;
    private readonly char[] buffer = new char[1 << 16];
    private int position;
    private int length;
    private long line;
    private char[] record = new char[1024];
    private int recordLength;
    private int[] ends = new int[32];
    private bool anyQuote;

    public CsvTokenizer(TextReader reader, string file, char separator, long linesBefore = 0)
    {
        this.reader = reader;
        this.file = file;
        Separator = separator;
        line = linesBefore + 1;
    }

    public char Separator { get; }

    /// <summary>The line (1-based) on which the present record starts.</summary>
    public long Line { get; private set; }

    public int FieldCount { get; private set; }

    /// <summary>The field's text, quotes removed. Valid until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<char> Field(int index)
    {
        int start = index == 0 ? 0 : ends[index - 1];
        return record.AsSpan(start, ends[index] - start);
    }

    /// <summary>Goes to the next record that is not a blank line. False at the end of the text.</summary>
    public bool Read()
    {
        while (Peek() >= 0)
        {
            Line = line;
            FieldCount = 0;
            recordLength = 0;
            anyQuote = false;
            ReadRecord();
            if (FieldCount > 1 || recordLength > 0 || anyQuote)
            {
                return true;
            }
        }

        return false;
    }

    public void Dispose() => reader.Dispose();

    private void ReadRecord()
    {
        while (true)
        {
            if (Peek() == '"')
            {
                ReadQuoted();
            }
            else
            {
                ReadPlain();
            }

            if (FieldCount == ends.Length)
            {
                Array.Resize(ref ends, ends.Length * 2);
            }

            ends[FieldCount++] = recordLength;
            int next = Take();
            if (next == Separator)
            {
                continue;
            }

            if (next == '\r' && Peek() == '\n')
            {
                Take();
            }

            line++;
            return;
        }
    }

    private void ReadPlain()
    {
        while (true)
        {
            if (Peek() < 0)
            {
                return;
            }

            ReadOnlySpan<char> rest = buffer.AsSpan(position, length - position);
            int stop = rest.IndexOfAny(Separator, '\n', '\r');
            Append(stop < 0 ? rest : rest[..stop]);
            position += stop < 0 ? rest.Length : stop;
            if (stop >= 0)
            {
                return;
            }
        }
    }

    private void ReadQuoted()
    {
        long opened = line;
        anyQuote = true;
        Take();
        while (true)
        {
            int c = Take();
            if (c < 0)
            {
                throw new TableException(file, opened, null, "a quote is opened here and never closed; quotes come in pairs, and a quote inside a quoted field is doubled; close it");
            }

            if (c == '"')
            {
                if (Peek() != '"')
                {
                    break;
                }

                Take();
            }
            else if (c == '\n' || (c == '\r' && Peek() != '\n'))
            {
                line++;
            }

            Append([(char)c]);
        }

        int after = Peek();
        if (after >= 0 && after != Separator && after is not ('\n' or '\r'))
        {
            string field = string.Create(CultureInfo.InvariantCulture, $"field {FieldCount + 1}");
            throw new TableException(file, line, null, $"{field} goes on after its closing quote; a quoted field ends at the separator '{Separator}'; double the quotes inside it, or check the separator");
        }
    }

    private void Append(ReadOnlySpan<char> text)
    {
        if (recordLength + text.Length > LongestRecord)
        {
            throw new TableException(file, Line, null, "the record that starts here is longer than 16 million characters; a record is one line; look for a quote that is never closed, or a file that is not CSV");
        }

        if (recordLength + text.Length > record.Length)
        {
            Array.Resize(ref record, Math.Max(record.Length * 2, recordLength + text.Length));
        }

        text.CopyTo(record.AsSpan(recordLength));
        recordLength += text.Length;
    }

    private int Peek()
    {
        if (position == length)
        {
            length = reader.Read(buffer, 0, buffer.Length);
            position = 0;
            if (length == 0)
            {
                return -1;
            }
        }

        return buffer[position];
    }

    private int Take()
    {
        int c = Peek();
        if (c >= 0)
        {
            position++;
        }

        return c;
    }
}
