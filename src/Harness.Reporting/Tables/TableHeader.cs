namespace Harness.Reporting.Tables;

/// <summary>A table's columns by name.</summary>
public sealed class TableHeader
{
    private readonly string file;
    private readonly long line;
    private readonly char separator;

    internal TableHeader(string file, long line, IReadOnlyList<string> names, char separator)
    {
        this.file = file;
        this.line = line;
        this.separator = separator;
        Names = names;
    }

    /// <summary>The columns' names in the file's order, blanks around them removed.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>True when exactly one column is meant by the name: the same spelling, or else the only one that differs by case alone.</summary>
    public bool Has(string name) => Find(name) is [_];

    /// <summary>The index (0-based) of the column that the name means.</summary>
    /// <exception cref="TableException">No column has this name, or several have.</exception>
    public int IndexOf(string name)
    {
        List<int> found = Find(name);
        return found.Count switch
        {
            1 => found[0],
            0 => throw new TableException(file, line, name, $"there is no such column; {Advice(name)}"),
            _ => throw new TableException(file, line, name, $"the header names this column {found.Count} times (fields {string.Join(", ", found.Select(f => f + 1))}); each name stands once; rename or remove the others"),
        };
    }

    private string Advice(string name) =>
        Names.Count == 1 && separator == ','
            ? $"the header is the single name {CellText.Shown(Names[0])}; columns are separated by a comma, semicolon, tab or vertical bar; check the separator"
            : NearestNames.Advice(name, [.. Names.Distinct(StringComparer.Ordinal)]);

    private List<int> Find(string name)
    {
        List<int> exact = Where(n => n.Equals(name, StringComparison.Ordinal));
        return exact.Count > 0 ? exact : Where(n => n.Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    private List<int> Where(Func<string, bool> matches) =>
        [.. Enumerable.Range(0, Names.Count).Where(i => matches(Names[i]))];
}
