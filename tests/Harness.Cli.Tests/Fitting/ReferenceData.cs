using System.Text.Json;

namespace Harness.Cli.Tests.Fitting;

/// <summary>Published tables, and the figures that were published for them, next to the repository. Tests that need them skip, saying so, where they are not.</summary>
internal static class ReferenceData
{
    // Beside the checkout, or beside the folder that holds several checkouts.
    private static readonly string[] Beside = ["../shared/reference-fits", "../../shared/reference-fits"];

    public static string? Folder { get; } = Find();

    public static string File(string name) => Path.Combine(Folder!, name);

    /// <summary>The expected figures of a case.</summary>
    public static JsonElement Expected(string id) => Case(id).GetProperty("expected");

    /// <summary>Whether a case's figures reproduce what was published; otherwise they are the first of their kind.</summary>
    public static bool IsPublished(string id) => Case(id).GetProperty("status").GetString()!.StartsWith("EXACT", StringComparison.Ordinal);

    public static JsonElement Case(string id)
    {
        using JsonDocument answers = JsonDocument.Parse(System.IO.File.ReadAllText(File("reference_answers.json")));
        return answers.RootElement.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("id").GetString() == id).Clone();
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("HARNESS_REFERENCE_FITS") is { Length: > 0 } named)
        {
            return Directory.Exists(named) ? named : throw new DirectoryNotFoundException($"HARNESS_REFERENCE_FITS: there is no folder {named}; the published tables are needed; see experiments/published-fits/README.md.");
        }

        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(at.FullName, "Harness.sln")))
            {
                return Beside.Select(relative => Path.GetFullPath(Path.Combine(at.FullName, relative))).FirstOrDefault(Directory.Exists);
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
