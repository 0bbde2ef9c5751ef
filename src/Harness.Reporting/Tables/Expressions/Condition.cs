using System.Text;

namespace Harness.Reporting.Tables.Expressions;

/// <summary>A part of a row filter.</summary>
internal abstract record Condition
{
    public abstract Func<TableReader, bool> Bind(TableReader table);

    /// <summary>The comparisons of a column with a text, for telling a user which values there are.</summary>
    public abstract IEnumerable<TextCondition> Texts();

    /// <summary>The names of all columns that are read.</summary>
    public abstract IEnumerable<string> Columns();
}

internal sealed record JoinedCondition(bool All, Condition Left, Condition Right) : Condition
{
    public override Func<TableReader, bool> Bind(TableReader table)
    {
        Func<TableReader, bool> left = Left.Bind(table), right = Right.Bind(table);
        return All ? row => left(row) && right(row) : row => left(row) || right(row);
    }

    public override IEnumerable<TextCondition> Texts() => Left.Texts().Concat(Right.Texts());

    public override IEnumerable<string> Columns() => Left.Columns().Concat(Right.Columns());
}

internal sealed record TextCondition(string Column, bool Equal, string Text) : Condition
{
    public override Func<TableReader, bool> Bind(TableReader table)
    {
        RowCell cell = RowCell.Of(table, Column);
        byte[] text = Encoding.UTF8.GetBytes(Text);
        return row => Holds(cell, row, text) == Equal;
    }

    // Texts need no decoding where no blank stands around them, which is nearly always.
    private bool Holds(RowCell cell, TableReader row, byte[] text)
    {
        ReadOnlySpan<byte> bytes = cell.Utf8(row);
        return bytes.IsEmpty || (bytes[0] is > 0x20 and < 0x80 && bytes[^1] is > 0x20 and < 0x80)
            ? bytes.SequenceEqual(text)
            : cell.Text(row).Trim().Equals(Text, StringComparison.Ordinal);
    }

    public override IEnumerable<TextCondition> Texts() => [this];

    public override IEnumerable<string> Columns() => [Column];
}

internal sealed record NumberCondition(ColumnExpression Left, string Operator, ColumnExpression Right) : Condition
{
    public override Func<TableReader, bool> Bind(TableReader table)
    {
        RowValue left = RowValue.Of(table, Left), right = RowValue.Of(table, Right);

        Func<double, double, bool> compare = Operator switch
        {
            "<" => (a, b) => a < b,
            "<=" => (a, b) => a <= b,
            ">" => (a, b) => a > b,
            ">=" => (a, b) => a >= b,
            "=" => (a, b) => a == b,
            _ => (a, b) => a != b,
        };

        // "model = 7" over a column of names is a plain no, while "model < 7" is a mistake that the cell's message explains.
        bool textIsUnequal = Operator is "=" or "!=" && Left.OnlyColumn is not null && Right.Names.Count == 0;
        return row =>
        {
            if (textIsUnequal && left.HoldsText(row))
            {
                return Operator == "!=";
            }

            if (left.Of(row) is not { } a || right.Of(row) is not { } b || double.IsNaN(a) || double.IsNaN(b))
            {
                return false;
            }

            return compare(a, b);
        };
    }

    public override IEnumerable<TextCondition> Texts() => [];

    public override IEnumerable<string> Columns() => Left.Names.Concat(Right.Names);
}
