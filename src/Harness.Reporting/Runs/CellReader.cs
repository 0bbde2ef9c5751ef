using System.Globalization;
using Harness.Reporting.Tables;

namespace Harness.Reporting.Runs;

/// <summary>Typed cells of a table's present row, by column name. An empty cell is missing; anything that is not of the type is an error with its place.</summary>
internal sealed class CellReader(TableReader table)
{
    private readonly Dictionary<string, int> columns = new(StringComparer.Ordinal);

    /// <summary>Whether the table has a column; those that came later are missing in older tables.</summary>
    public bool Has(string column) => table.Header.Has(column);

    public string? TextOrNull(string column)
    {
        var cell = Cell(column);
        return cell.IsEmpty ? null : Unguarded(cell);
    }

    public string Text(string column) => TextOrNull(column) ?? throw Problem(column, "the cell is empty; a text is needed; write the table again with harness run");

    public long? LongOrNull(string column)
    {
        var cell = Cell(column);
        return cell.IsEmpty ? null
            : long.TryParse(cell, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value
            : throw Problem(column, $"'{cell}' is no whole number; digits without separators are needed; correct the cell");
    }

    /// <summary>The same for a column that tables of earlier versions lack.</summary>
    public long? LongIfAny(string column) => table.Header.Names.Contains(column) ? LongOrNull(column) : null;

    public long Long(string column) => LongOrNull(column) ?? throw Empty(column);

    public int Int(string column)
    {
        long value = Long(column);
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Problem(column, $"{value} is too large; at most {int.MaxValue} is allowed; correct the cell");
    }

    public double? DoubleOrNull(string column)
    {
        var cell = Cell(column);
        return cell.IsEmpty ? null
            : Numbers.TryParse(cell, out double value) ? value
            : throw Problem(column, $"'{cell}' is not a number; a number such as 2.75 or 1e9 is needed; correct the cell");
    }

    public double Double(string column) => DoubleOrNull(column) ?? throw Empty(column);

    /// <summary>The text as it was before <see cref="FormulaGuard"/> put an apostrophe in front.</summary>
    private static string Unguarded(ReadOnlySpan<char> cell)
    {
        string text = cell.ToString();
        return text[0] == '\'' && FormulaGuard.Guard(text[1..]) == text ? text[1..] : text;
    }

    private ReadOnlySpan<char> Cell(string column)
    {
        if (!columns.TryGetValue(column, out int index))
        {
            columns.Add(column, index = table.Header.IndexOf(column));
        }

        return table[index];
    }

    private TableException Empty(string column) => Problem(column, "the cell is empty; a number is needed; correct the cell");

    private TableException Problem(string column, string problem) => new(table.File, table.Line, column, problem);
}
