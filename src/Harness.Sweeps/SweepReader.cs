using Harness.Core.Data;
using Harness.Sweeps.Planning;
using Harness.Sweeps.Yaml;

namespace Harness.Sweeps;

/// <summary>YAML in, a plan or all its problems out. Reads files, writes none.</summary>
public static class SweepReader
{
    /// <summary>Reads, expands and checks a sweep file.</summary>
    /// <param name="path">The YAML file; its relative data paths start at its folder.</param>
    /// <param name="catalog">Describes the data; asked once for each distinct data section.</param>
    /// <param name="options">Overrides and limits; null takes the defaults.</param>
    public static SweepReading Read(string path, IDataCatalog catalog, SweepReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        var problems = new ProblemList();
        return SourceText.Read(path, problems) is { } text
            ? Read(text, path, Path.GetDirectoryName(Path.GetFullPath(path))!, catalog, options, problems)
            : new SweepReading(null, problems.Sorted());
    }

    /// <summary>Reads, expands and checks a sweep given as text.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="file">The name that problems and the plan give it.</param>
    /// <param name="folder">Where its relative data paths start.</param>
    /// <param name="catalog">Describes the data.</param>
    /// <param name="options">Overrides and limits; null takes the defaults.</param>
    public static SweepReading ReadText(string text, string file, string folder, IDataCatalog catalog, SweepReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(file);
        var problems = new ProblemList();
        return SourceText.Decode(file, System.Text.Encoding.UTF8.GetBytes(text), problems) is { } clean
            ? Read(clean, file, folder, catalog, options, problems)
            : new SweepReading(null, problems.Sorted());
    }

    private static SweepReading Read(string text, string file, string folder, IDataCatalog catalog, SweepReadOptions? options, ProblemList problems)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        var root = TreeReader.Read(text, file, problems);
        if (root is not MapNode map)
        {
            if (root is ScalarNode or ListNode)
            {
                problems.Add(root.Origin, "", "root", $"the file is {root.Description}", "a sweep is a mapping of keys", "configs/ has examples");
            }

            return new SweepReading(null, problems.Sorted());
        }

        var plan = new PlanMaker(map, text, file, folder, catalog, options ?? new SweepReadOptions(), problems).Make();
        return problems.Any ? new SweepReading(null, problems.Sorted()) : new SweepReading(plan, []);
    }
}
