using System.Globalization;

namespace Harness.Reporting.Tables;

/// <summary>
/// A problem in a user's table, written as <c>file:line: column: what was found; what is allowed; what to do.</c>
/// Always one line, so that a terminal, a log and a CI annotation show all of it. Verbs answer it with exit code 2.
/// </summary>
public sealed class TableException : Exception
{
    /// <summary>Names the place and the problem.</summary>
    /// <param name="file">The file as the user named it.</param>
    /// <param name="line">The line (1-based) on which the record starts; null when the file as a whole is meant.</param>
    /// <param name="column">The column's name; null when the whole line is meant.</param>
    /// <param name="problem">What was found; what is allowed; what to do.</param>
    public TableException(string file, long? line, string? column, string problem)
        : base(Place(file, line, column) + OneLine(problem))
    {
        File = file;
        Line = line;
        Column = column;
    }

    /// <summary>The file as the user named it.</summary>
    public string File { get; }

    /// <summary>The line (1-based) on which the record starts, or null for the whole file.</summary>
    public long? Line { get; }

    /// <summary>The column's name, or null for the whole line.</summary>
    public string? Column { get; }

    private static string Place(string file, long? line, string? column)
    {
        string place = line is { } l ? string.Create(CultureInfo.InvariantCulture, $"{file}:{l}: ") : $"{file}: ";
        return column is null ? place : $"{place}{OneLine(column)}: ";
    }

    private static string OneLine(string text) => text.ReplaceLineEndings("\\n");
}
