using Harness.Reporting.Tables.Expressions;

namespace Harness.Reporting.Tables.Selection;

/// <summary>Decides which column, or which arithmetic over columns, holds each role in a table.</summary>
internal static class RoleColumns
{
    /// <summary>
    /// Roles named by the user, then those that are needed and found by default. In an expression N, D, C, L and U mean the roles of these names where the table has
    /// no column so called. When the user named two of n, d and c, the third is C = 6ND and no default column takes its place.
    /// </summary>
    public static IReadOnlyDictionary<string, ColumnExpression> Of(PointsQuery query, TableHeader header, string file, long headerLine)
    {
        Dictionary<string, ColumnExpression> columns = new(StringComparer.Ordinal);
        foreach ((string role, string text) in query.Columns)
        {
            columns[role] = Expand(role, text, query, header, []);
        }

        bool computeSettled = Trio(columns.Keys) >= 2;
        foreach (string role in query.Needed.Concat(query.Optional))
        {
            if (!columns.ContainsKey(role) && !(computeSettled && role is "n" or "d" or "c") && Default(role, header) is { } column)
            {
                columns[role] = ColumnExpression.OfColumn(column);
            }
        }

        foreach (string role in query.Needed)
        {
            bool given = columns.ContainsKey(role) || (role is "n" or "d" or "c" && Trio(columns.Keys) >= 2) || (role == "m" && Trio(columns.Keys) >= 2);
            if (!given && !TryFillTrio(role, columns, header))
            {
                throw Missing(role, header, file, headerLine);
            }
        }

        return columns;
    }

    private static int Trio(IEnumerable<string> roles) => roles.Count(r => r is "n" or "d" or "c");

    /// <summary>A law that reads n alone needs no d; one that reads c, or tokens per parameter, may find it through two others.</summary>
    private static bool TryFillTrio(string role, Dictionary<string, ColumnExpression> columns, TableHeader header)
    {
        if (role is not ("n" or "d" or "c" or "m"))
        {
            return false;
        }

        foreach (string other in new[] { "n", "d", "c" })
        {
            if (!columns.ContainsKey(other) && Default(other, header) is { } column)
            {
                columns[other] = ColumnExpression.OfColumn(column);
            }
        }

        return columns.ContainsKey(role) || Trio(columns.Keys) >= 2;
    }

    private static string? Default(string role, TableHeader header) =>
        PointRole.Of(role).Columns.FirstOrDefault(c => header.Names.Contains(c, StringComparer.Ordinal));

    private static ColumnExpression Expand(string role, string text, PointsQuery query, TableHeader header, IReadOnlyList<string> within)
    {
        ColumnExpression expression = ColumnExpression.Parse(text, PointRole.Of(role).Option, header);
        return expression.Replace(name =>
            !header.Has(name) && Symbol(name) is { } other && query.Columns.TryGetValue(other, out string? meaning) && other != role && !within.Contains(other)
                ? Expand(other, meaning, query, header, [.. within, role])
                : null);
    }

    private static string? Symbol(string name) => name switch
    {
        "N" => "n",
        "D" => "d",
        "C" => "c",
        "L" => "loss",
        "U" => "unique",
        _ => null,
    };

    private static TableException Missing(string role, TableHeader header, string file, long headerLine)
    {
        if (header.Names.All(n => Numbers.TryParse(n, out _)))
        {
            return new TableException(file, headerLine, role, $"the first line holds numbers ({string.Join(", ", header.Names.Take(3))}{(header.Names.Count > 3 ? ", ..." : "")}); a table begins with the names of its columns; put such a line before it");
        }

        if (header.Names[0].StartsWith('#'))
        {
            return new TableException(file, headerLine, role, $"the first line is {CellText.Shown(string.Join(", ", header.Names.Take(4)))}; a table begins with the names of its columns; remove lines of comments, and the # before names");
        }

        PointRole wanted = PointRole.Of(role);
        string usual = wanted.Columns.Count > 0 ? $"there is no column {wanted.Columns[0]} for it" : "no column is named for it";
        string more = header.Names.Count > 12 ? ", ..." : "";
        string option = wanted.Option.EndsWith('=') ? wanted.Option + "COLUMN" : wanted.Option + " COLUMN";
        return new TableException(file, headerLine, role, $"{usual} ({wanted.Meaning}); there is {string.Join(", ", header.Names.Take(12))}{more}; say which with {option}");
    }
}
