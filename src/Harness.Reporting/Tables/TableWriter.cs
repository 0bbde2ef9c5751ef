using System.Globalization;

namespace Harness.Reporting.Tables;

/// <summary>
/// Writes a table as RFC 4180 CSV: comma, LF, quotes only where needed, invariant numbers that read back with the same bits, nothing for a missing
/// value, and text that no spreadsheet runs as a formula (<see cref="FormulaGuard"/>).
/// </summary>
public sealed class TableWriter
{
    private readonly TextWriter writer;
    private readonly int width;

    /// <summary>Writes the header.</summary>
    /// <param name="writer">Where the text goes; stays open. Use UTF-8 without byte order mark.</param>
    /// <param name="columns">The columns' names; at least one.</param>
    public TableWriter(TextWriter writer, IReadOnlyList<string> columns)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentOutOfRangeException.ThrowIfZero(columns.Count);
        this.writer = writer;
        width = columns.Count;
        Write([.. columns]);
    }

    /// <summary>
    /// Writes one row. Cells are null (missing), text, bool, integers, float, double, decimal, or a point in time (ISO 8601, UTC).
    /// </summary>
    /// <exception cref="ArgumentException">The row is not as wide as the header, or a cell is of another type.</exception>
    public void Write(params IReadOnlyList<object?> cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        if (cells.Count != width)
        {
            throw new ArgumentException($"The row has {cells.Count} cells and the header {width}.", nameof(cells));
        }

        for (int i = 0; i < cells.Count; i++)
        {
            if (i > 0)
            {
                writer.Write(',');
            }

            string text = Text(cells[i]);

            // A lone empty cell would be a blank line, which readers skip.
            writer.Write(width == 1 && text.Length == 0 ? "\"\"" : text);
        }

        writer.Write('\n');
    }

    private static string Text(object? cell) => cell switch
    {
        null => "",
        string s => Quoted(FormulaGuard.Guard(s)),
        double d => d.ToString("R", CultureInfo.InvariantCulture),
        float f => f.ToString("R", CultureInfo.InvariantCulture),
        bool b => b ? "true" : "false",
        int or long or short or byte or uint or ulong or ushort or sbyte or decimal => ((IFormattable)cell).ToString(null, CultureInfo.InvariantCulture),
        DateTimeOffset t => t.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture),
        DateTime t => t.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture),
        _ => throw new ArgumentException($"A cell of type {cell.GetType()} has no defined text.", nameof(cell)),
    };

    private static string Quoted(string text) =>
        text.AsSpan().IndexOfAny(",\"\n\r") >= 0 || (text.Length > 0 && (char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1])))
            ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : text;
}
