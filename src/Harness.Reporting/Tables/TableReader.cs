using System.Text;

namespace Harness.Reporting.Tables;

/// <summary>
/// Reads a table row by row: any CSV with a header line, of any length, in memory that does not grow with it. UTF-8 with or without byte order mark,
/// and UTF-16 with one; separated by comma, semicolon, tab or vertical bar (judged by the header, or said by a first line such as <c>sep=;</c>).
/// </summary>
public sealed class TableReader : IDisposable
{
    private const int HeaderPeek = 1 << 16;

    private readonly CsvTokenizer tokens;
    private char[] text = new char[256];
    private int textLength;

    private TableReader(string file, CsvTokenizer tokens)
    {
        File = file;
        this.tokens = tokens;
        string[] names = new string[tokens.FieldCount];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = this[i].Trim().ToString();
        }

        HeaderLine = tokens.Line;
        Header = new TableHeader(file, tokens.Line, names, tokens.Separator);
    }

    /// <summary>The file as the user named it.</summary>
    public string File { get; }

    /// <summary>The columns' names.</summary>
    public TableHeader Header { get; }

    /// <summary>The character that separates the fields.</summary>
    public char Separator => tokens.Separator;

    /// <summary>The line (1-based) of the header.</summary>
    public long HeaderLine { get; }

    /// <summary>The line (1-based) on which the present row starts.</summary>
    public long Line => tokens.Line;

    /// <summary>The present row's cell in a column (0-based), as text. Valid until the next <see cref="Read()"/>.</summary>
    public ReadOnlySpan<char> this[int column]
    {
        get
        {
            ReadOnlySpan<byte> cell = tokens.Field(column);
            if (text.Length - textLength < cell.Length)
            {
                // Cells handed out before stay where they are, in the old array.
                text = new char[Math.Max(2 * text.Length, cell.Length)];
                textLength = 0;
            }

            int length = Encoding.UTF8.GetChars(cell, text.AsSpan(textLength));
            textLength += length;
            return text.AsSpan(textLength - length, length);
        }
    }

    /// <summary>The same cell as the UTF-8 that stands in the file, without a copy.</summary>
    internal ReadOnlySpan<byte> Utf8(int column) => tokens.Field(column);

    /// <summary>Opens a file and reads its header.</summary>
    /// <exception cref="TableException">The file is missing, unreadable, empty, or no table.</exception>
    public static TableReader Open(string path)
    {
        Stream stream;
        try
        {
            if (Directory.Exists(path))
            {
                throw new TableException(path, null, null, "this is a folder; a CSV file is needed; name the file in it");
            }

            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TableException(path, null, null, "there is no such file; a CSV file is needed; check the path");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TableException(path, null, null, $"the file cannot be read ({e.Message}); a readable CSV file is needed; check its permissions");
        }

        return Read(stream, path);
    }

    /// <summary>Reads a stream's header; the stream is closed with the reader.</summary>
    /// <param name="stream">The bytes of the table.</param>
    /// <param name="file">The name that messages carry.</param>
    /// <exception cref="TableException">The stream is empty or holds no table.</exception>
    public static TableReader Read(Stream stream, string file)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ByteWindow window = new(stream, file);
        try
        {
            window.Decode();
            ReadOnlySpan<byte> start = window.Peek(HeaderPeek);
            if (start.Trim(" \t\r\n\f\v"u8).IsEmpty)
            {
                throw new TableException(file, 1, null, "the file is empty; a header line with column names and then rows are needed; check how it was written");
            }

            if (start.StartsWith("PAR1"u8) || start.StartsWith("PK\u0003"u8) || start.Contains((byte)0) || start[0] == 0x1F)
            {
                throw new TableException(file, 1, null, "this is a binary file (Parquet, spreadsheet or archive); text with separated values is needed; export it as CSV");
            }

            int skip = 0;
            long lines = 0;
            while (start[skip] is (byte)' ' or (byte)'\r' or (byte)'\n' or (byte)'\f' or (byte)'\v')
            {
                lines += start[skip] == (byte)'\n' ? 1 : 0;
                skip++;
            }

            char separator = Separators.Of(start[skip..]);
            if (Separators.Said(start[skip..]) is { } said)
            {
                separator = said;
                int end = skip + start[skip..].IndexOf((byte)'\n');
                skip = end < skip ? start.Length : end + 1;
                lines++;
            }

            window.Position = window.Start + skip;
            CsvTokenizer tokens = new(window, file, separator, lines);
            return tokens.Read()
                ? new TableReader(file, tokens)
                : throw new TableException(file, 1, null, "the file has no header; a line with column names is needed; check how it was written");
        }
        catch
        {
            window.Dispose();
            throw;
        }
    }

    /// <summary>Goes to the next row. False at the end of the table.</summary>
    /// <exception cref="TableException">The row has more or fewer fields than the header, or a quote is not closed.</exception>
    public bool Read()
    {
        textLength = 0;
        if (!tokens.Read())
        {
            return false;
        }

        if (tokens.FieldCount != Header.Names.Count)
        {
            throw Ragged();
        }

        return true;
    }

    /// <inheritdoc />
    public void Dispose() => tokens.Dispose();

    private TableException Ragged()
    {
        int found = tokens.FieldCount, wanted = Header.Names.Count;
        string advice = $"check the row for a missing or an extra {Separators.Name(Separator)}";
        if (wanted == 1)
        {
            advice = $"the header names one column only; check that it uses the same separator as the rows";
        }
        else if (Separator == ',' && found > wanted && found <= 2 * wanted)
        {
            advice += ", or for decimal commas (write 2.75, not 2,75)";
        }

        return new TableException(File, Line, null, $"the row has {found} field{(found == 1 ? "" : "s")} and the header {wanted}; each row has as many fields as the header; {advice}");
    }
}
