using Harness.Reporting.Tables.Expressions;

namespace Harness.Reporting.Tables.Selection;

/// <summary>The value of every role in the present row of a table, and the checks that a value must pass to be fitted.</summary>
internal sealed class RoleValues
{
    private readonly TableReader table;
    private readonly RowValue[] values;
    private readonly bool[] positive;
    private readonly double[] row;

    public RoleValues(TableReader table, PointsQuery query)
    {
        this.table = table;
        Columns = RoleColumns.Of(query, table.Header, table.File, table.HeaderLine);
        Roles = [.. Columns.Keys];
        values = [.. Columns.Values.Select(e => RowValue.Of(table, e))];
        positive = [.. Roles.Select(query.Positive.Contains)];
        row = new double[values.Length];
    }

    /// <summary>The expression behind each role.</summary>
    public IReadOnlyDictionary<string, ColumnExpression> Columns { get; }

    /// <summary>The roles, in the order of <see cref="Row"/>.</summary>
    public IReadOnlyList<string> Roles { get; }

    /// <summary>The values that <see cref="TryRead"/> read.</summary>
    public ReadOnlySpan<double> Row => row;

    /// <summary>Reads the present row; false, with the column's name, where a value is missing.</summary>
    /// <exception cref="TableException">A cell holds text, is not finite, or is not above 0 where it must be.</exception>
    public bool TryRead(out string? missing)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i].Finite(table) is not { } value)
            {
                missing = values[i].Missing;
                return false;
            }

            row[i] = value;
        }

        for (int i = 0; i < row.Length; i++)
        {
            if (row[i] <= 0 && positive[i])
            {
                ColumnExpression expression = Columns[Roles[i]];
                string name = expression.OnlyColumn ?? expression.Text;
                throw new TableException(table.File, table.Line, name, $"{Numbers.Exact(row[i])} is not above 0; {PointRole.Of(Roles[i]).Meaning} must be, for its logarithm is taken; correct the cell, or leave the row out with --where");
            }
        }

        missing = null;
        return true;
    }

    /// <summary>One role's value in the present row; null where it is missing, or the table has no such role.</summary>
    public double? Of(string role)
    {
        int i = IndexOf(role);
        return i < 0 ? null : values[i].Finite(table);
    }

    /// <summary>Whether every role has a value in the present row.</summary>
    public bool AreAllThere() => Array.TrueForAll(values, v => v.Finite(table) is not null);

    private int IndexOf(string role)
    {
        for (int i = 0; i < Roles.Count; i++)
        {
            if (Roles[i] == role)
            {
                return i;
            }
        }

        return -1;
    }
}
