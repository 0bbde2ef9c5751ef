namespace Harness.Reporting.Tables.Expressions;

/// <summary>
/// Arithmetic over a table's columns: <c>C/(6*N)</c>, <c>[Training FLOP]/(6*[Model Size])</c>, <c>log10(tokens)</c>. Numbers (<c>1e9</c>), column names
/// (in brackets when they hold spaces or signs), <c>+ - * / ^</c>, parentheses, and log (natural, also ln), log10, log2, exp, sqrt, abs, round, floor,
/// ceil, min, max. <c>^</c> binds to the right and stronger than a sign: <c>-x^2</c> is -(x²).
/// </summary>
public sealed class ColumnExpression
{
    private readonly Node root;

    internal ColumnExpression(string text, Node root, IReadOnlyList<string> names)
    {
        Text = text;
        this.root = root;
        Names = names;
    }

    /// <summary>The expression as typed.</summary>
    public string Text { get; }

    /// <summary>The columns it reads, each once, in the order in which <see cref="Evaluate"/> takes their values.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The name of the column, when the expression is nothing but that.</summary>
    public string? OnlyColumn => root is ColumnNode ? Names[0] : null;

    /// <summary>Reads an expression.</summary>
    /// <param name="text">What the user typed.</param>
    /// <param name="option">Where, such as <c>--d</c>, for messages.</param>
    /// <exception cref="ExpressionException">It is not an expression.</exception>
    public static ColumnExpression Parse(string text, string option)
    {
        ArgumentNullException.ThrowIfNull(text);
        ExpressionCursor cursor = new(option, text);
        Node root = cursor.Sum();
        return cursor.AtEnd
            ? new ColumnExpression(text.Trim(), root, cursor.Names)
            : throw cursor.Error($"found {cursor.Found} where the expression was complete; an operator (+ - * / ^) is needed here; names with spaces or signs stand in brackets, as in [Model Size]");
    }

    /// <summary>Reads an expression; a text that is, letter by letter, the name of a column is that column, whatever signs and spaces it holds.</summary>
    /// <exception cref="ExpressionException">It is neither a column nor an expression.</exception>
    public static ColumnExpression Parse(string text, string option, TableHeader header)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(header);
        string name = text.Trim();
        return header.Names.Contains(name, StringComparer.Ordinal) ? OfColumn(name) : Parse(text, option);
    }

    /// <summary>The expression that is one column.</summary>
    public static ColumnExpression OfColumn(string name) => new(name, new ColumnNode(0), [name]);

    /// <summary>The expression with other expressions in place of some of its names; a name for which null comes back stays a column.</summary>
    public ColumnExpression Replace(Func<string, ColumnExpression?> meaning)
    {
        ArgumentNullException.ThrowIfNull(meaning);
        List<string> names = [];
        Node Column(string name)
        {
            int slot = names.IndexOf(name);
            if (slot < 0)
            {
                slot = names.Count;
                names.Add(name);
            }

            return new ColumnNode(slot);
        }

        Node replaced = root.Replace(slot =>
            meaning(Names[slot]) is { } other ? other.root.Replace(inner => Column(other.Names[inner])) : Column(Names[slot]));
        return new ColumnExpression(Text, replaced, names);
    }

    /// <summary>The value for one row. Arithmetic is IEEE double: a division by zero or the log of a negative number is not finite.</summary>
    /// <param name="values">The columns' values in the order of <see cref="Names"/>.</param>
    public double Evaluate(ReadOnlySpan<double> values) => root.Evaluate(values);
}
