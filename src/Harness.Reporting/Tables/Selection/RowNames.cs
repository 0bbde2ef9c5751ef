using System.Collections;
using System.Globalization;

namespace Harness.Reporting.Tables.Selection;

/// <summary>
/// Names of rows, <c>file:line</c> and the run where the table names it in a column <c>run_id</c>, made when one is asked for: four bytes a row are kept instead of a text.
/// Beyond the first million rows the run is left off.
/// </summary>
internal sealed class RowNames : IReadOnlyList<string>
{
    private const int MostRuns = 1_000_000;

    private readonly List<(string File, int First)> files = [];
    private readonly List<uint> lines = [];
    private readonly List<string?> runs = [];
    private readonly SharedTexts texts = new();

    public int Count => lines.Count;

    public string this[int index]
    {
        get
        {
            int file = files.Count - 1;
            while (files[file].First > index)
            {
                file--;
            }

            string? run = index < runs.Count ? runs[index] : null;
            return Name(files[file].File, lines[index], run);
        }
    }

    /// <summary>The name of a table's present row.</summary>
    public static string Of(TableReader table, int runColumn) => Name(table.File, table.Line, runColumn >= 0 ? table[runColumn].ToString() : null);

    /// <summary>The rows that follow are of this file.</summary>
    public void Begin(string file) => files.Add((file, Count));

    /// <summary>Adds a table's present row.</summary>
    public void Add(TableReader table, int runColumn)
    {
        lines.Add((uint)Math.Min(table.Line, uint.MaxValue));
        if (runColumn >= 0 && lines.Count <= MostRuns)
        {
            // Rows of tables without the column, read before this one, have no run.
            while (runs.Count < lines.Count - 1)
            {
                runs.Add(null);
            }

            runs.Add(texts.Of(table[runColumn]));
        }
    }

    public IEnumerator<string> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static string Name(string file, long line, string? run) => run is null
        ? string.Create(CultureInfo.InvariantCulture, $"{file}:{line}")
        : string.Create(CultureInfo.InvariantCulture, $"{file}:{line} ({run})");
}
