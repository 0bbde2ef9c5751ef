namespace Harness.Reporting.Runs;

/// <summary>One column of a result table, as data: what the README and the report say about it is printed from here.</summary>
/// <param name="Name">The header's text, lower snake case.</param>
/// <param name="Unit">The unit or the kind of value, for example <c>tokens</c>, <c>nats/token</c>, <c>text</c>.</param>
/// <param name="Meaning">One sentence without a full stop; says when the cell is empty.</param>
public sealed record TableColumn(string Name, string Unit, string Meaning)
{
    /// <summary>A Markdown table of columns, one line each, ending in a line feed.</summary>
    public static string ToMarkdown(IEnumerable<TableColumn> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        var lines = columns.Select(c => $"| `{c.Name}` | {c.Unit} | {c.Meaning} |\n");
        return "| column | unit | meaning |\n|---|---|---|\n" + string.Concat(lines);
    }
}

/// <summary>A column that knows its cell in a row.</summary>
/// <param name="Name">The header's text.</param>
/// <param name="Unit">The unit or the kind of value.</param>
/// <param name="Meaning">What it says.</param>
/// <param name="Cell">The cell's value; null for missing.</param>
internal sealed record RowColumn<TRow>(string Name, string Unit, string Meaning, Func<TRow, object?> Cell)
{
    /// <summary>The column without its row.</summary>
    public TableColumn Described => new(Name, Unit, Meaning);
}
