using System.Text;

namespace Harness.Reporting.Tables.Expressions;

/// <summary>One column of a table, or the file's own name where the table has no column called <c>file</c>.</summary>
internal readonly record struct RowCell(int Column, string FileStem)
{
    private readonly byte[] stem = Encoding.UTF8.GetBytes(FileStem);

    public static RowCell Of(TableReader table, string name) =>
        name == "file" && !table.Header.Has(name)
            ? new RowCell(-1, Path.GetFileNameWithoutExtension(table.File))
            : new RowCell(table.Header.IndexOf(name), "");

    public ReadOnlySpan<char> Text(TableReader row) => Column < 0 ? FileStem : row[Column];

    public ReadOnlySpan<byte> Utf8(TableReader row) => Column < 0 ? stem : row.Utf8(Column);
}

/// <summary>An expression over the columns of one table.</summary>
internal sealed class RowValue
{
    private readonly ColumnExpression expression;
    private readonly RowCell[] cells;
    private readonly double[] values;
    private readonly bool onlyColumn;

    private RowValue(ColumnExpression expression, RowCell[] cells)
    {
        this.expression = expression;
        this.cells = cells;
        values = new double[cells.Length];
        onlyColumn = expression.OnlyColumn is not null;
    }

    /// <summary>The column whose cell was missing when <see cref="Of(TableReader)"/> last answered null.</summary>
    public string? Missing { get; private set; }

    public static RowValue Of(TableReader table, ColumnExpression expression) =>
        new(expression, [.. expression.Names.Select(n => RowCell.Of(table, n))]);

    /// <summary>The row's value; null when a cell is missing; NaN when one holds NaN.</summary>
    /// <exception cref="TableException">A cell holds text.</exception>
    public double? Of(TableReader row)
    {
        for (int i = 0; i < cells.Length; i++)
        {
            if (!Numbers.TryParse(cells[i].Utf8(row), out values[i]))
            {
                ReadOnlySpan<char> cell = cells[i].Text(row);
                if (CellText.IsMissing(cell))
                {
                    Missing = expression.Names[i];
                    return null;
                }

                throw new TableException(row.File, row.Line, expression.Names[i], $"{CellText.Shown(cell)} {CellText.WhyNotANumber(cell)}");
            }
        }

        return onlyColumn ? values[0] : expression.Evaluate(values);
    }

    /// <summary>The row's value, always finite; null when a cell is missing.</summary>
    /// <exception cref="TableException">A cell holds text, NaN or infinity, or the arithmetic has no finite result.</exception>
    public double? Finite(TableReader row)
    {
        double? value = Of(row);
        if (value is null || double.IsFinite(value.Value))
        {
            return value;
        }

        for (int i = 0; i < values.Length; i++)
        {
            if (!double.IsFinite(values[i]))
            {
                string name = expression.Names[i];
                throw new TableException(row.File, row.Line, name, $"{CellText.Shown(cells[i].Text(row))} is not a finite number; every row that is used needs one; leave the row out with --where \"{Quoted(name)}<1e300\", or mark its run as diverged in a column named status");
            }
        }

        throw new TableException(row.File, row.Line, expression.Text, $"the arithmetic gives {Numbers.Exact(value.Value)} here; a finite number is needed; check the expression, or leave the row out with --where");
    }

    private static string Quoted(string name) => name.All(c => char.IsLetterOrDigit(c) || c is '_' or '.') ? name : $"[{name}]";

    /// <summary>True when a cell is neither a number nor missing.</summary>
    public bool HoldsText(TableReader row)
    {
        foreach (RowCell c in cells)
        {
            if (!Numbers.TryParse(c.Utf8(row), out _) && !CellText.IsMissing(c.Text(row)))
            {
                return true;
            }
        }

        return false;
    }
}
