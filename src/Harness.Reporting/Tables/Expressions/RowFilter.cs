namespace Harness.Reporting.Tables.Expressions;

/// <summary>
/// Which rows of a table to keep: comparisons joined by <c>and</c> (and <c>or</c>, which binds weaker; parentheses group), such as
/// <c>flops&gt;=1e21 and dataset=c4</c>. The left side is any <see cref="ColumnExpression"/>; the right side is a number or an expression after
/// <c>&lt; &lt;= &gt; &gt;=</c>, and a number or a text (bare, or in single or double quotes) after <c>=</c>, <c>==</c>, <c>!=</c>. Texts compare letter by
/// letter. A row whose cell is missing or NaN fulfils no comparison of numbers.
/// </summary>
public sealed class RowFilter
{
    internal RowFilter(string text, Condition condition)
    {
        Text = text;
        Condition = condition;
    }

    /// <summary>The filter as typed.</summary>
    public string Text { get; }

    internal Condition Condition { get; }

    /// <summary>Reads a filter.</summary>
    /// <exception cref="ExpressionException">It is not a filter.</exception>
    public static RowFilter Parse(string text, string option = "--where")
    {
        ArgumentNullException.ThrowIfNull(text);
        return new RowFilter(text.Trim(), new FilterCursor(option, text).Whole());
    }

    /// <summary>The filter over the columns of one table.</summary>
    /// <exception cref="TableException">It names a column that the table lacks.</exception>
    public Func<TableReader, bool> Bind(TableReader table) => Condition.Bind(table);
}
