using System.Globalization;

namespace Harness.Scaling.Tests;

/// <summary>Published tables next to the repository, read by a split at commas. Tests that need them skip, saying so, where they are not.</summary>
internal static class ReferenceData
{
    // Beside the checkout, or beside the folder that holds several checkouts.
    private static readonly string[] Beside = ["../shared/reference-fits", "../../shared/reference-fits"];

    public static string? Folder { get; } = Find();

    public static Dictionary<string, string[]> Read(string file)
    {
        string[] lines = [.. File.ReadAllLines(Path.Combine(Folder!, file)).Where(l => l.Length > 0)];
        string[] header = lines[0].Split(',');
        string[][] rows = [.. lines.Skip(1).Select(l => l.Split(','))];
        return header.Select((name, column) => (name, values: rows.Select(r => r[column]).ToArray()))
            .DistinctBy(c => c.name).ToDictionary(c => c.name, c => c.values);
    }

    public static double[] Numbers(this Dictionary<string, string[]> table, string column) =>
        [.. table[column].Select(v => v.Length == 0 ? double.NaN : double.Parse(v, CultureInfo.InvariantCulture))];

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("HARNESS_REFERENCE_FITS") is { Length: > 0 } named)
        {
            return Directory.Exists(named) ? named : throw new DirectoryNotFoundException($"HARNESS_REFERENCE_FITS: there is no folder {named}; the published tables are needed; see experiments/published-fits/README.md.");
        }

        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Harness.sln")))
            {
                return Beside.Select(relative => Path.GetFullPath(Path.Combine(at.FullName, relative)))
                    .FirstOrDefault(Directory.Exists);
            }
        }

        return null;
    }
}

/// <summary>A fact about published data; skipped where the data are not.</summary>
public sealed class ReferenceFactAttribute : FactAttribute
{
    public ReferenceFactAttribute()
    {
        if (ReferenceData.Folder is null)
        {
            Skip = "The published tables (HARNESS_REFERENCE_FITS, or ../shared/reference-fits beside the repository) are not here; experiments/published-fits/README.md says where they come from.";
        }
    }
}
