using System.Globalization;

namespace Harness.Cli.Tests.Fitting;

/// <summary>
/// Holds obtained figures against published ones, and keeps them. When HARNESS_PUBLISHED_TABLE names a folder, they are written there as published.csv and published.md once all
/// cases have run (experiments/published-fits/run.sh); rows of cases that did not run this time stay as they were.
/// </summary>
public sealed class PublishedTable : IDisposable
{
    private const string Header = "case,figure,published,expected,obtained,within";

    private readonly List<(string Case, string Figure, string Published, double Expected, double Obtained, double Tolerance)> rows = [];

    /// <summary>Asserts that a figure is met to an absolute tolerance.</summary>
    /// <param name="id">The case.</param>
    /// <param name="figure">What is compared.</param>
    /// <param name="expected">To all digits that are known.</param>
    /// <param name="obtained">By the command line.</param>
    /// <param name="tolerance">Allowed difference.</param>
    /// <param name="published">As the paper prints it; null where the case's figure is what was published, or nothing was.</param>
    public void Meets(string id, string figure, double expected, double obtained, double tolerance, double? published = null)
    {
        lock (rows)
        {
            string printed = published is { } p ? p.ToString("R", CultureInfo.InvariantCulture) : ReferenceData.IsPublished(id) ? "as expected" : "";
            rows.Add((id, figure, printed, expected, obtained, tolerance));
        }

        Assert.True(Math.Abs(obtained - expected) <= tolerance, string.Create(CultureInfo.InvariantCulture, $"{id}: {figure} is {obtained:R}, published {expected:R}, allowed {tolerance:G3} off"));
    }

    /// <summary>The same with a relative tolerance.</summary>
    public void MeetsRelatively(string id, string figure, double expected, double obtained, double tolerance, double? published = null) =>
        Meets(id, figure, expected, obtained, tolerance * Math.Abs(expected), published);

    public void Dispose()
    {
        if (Environment.GetEnvironmentVariable("HARNESS_PUBLISHED_TABLE") is not { Length: > 0 } folder || rows.Count == 0)
        {
            return;
        }

        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, "published.csv");
        HashSet<string> ran = [.. rows.Select(r => r.Case)];
        string[] before = File.Exists(file) ? File.ReadAllLines(file) : [];
        IEnumerable<string> kept = before is [Header, ..] ? before.Skip(1) : []; // rows under another header say something else
        string[] lines =
        [
            .. kept.Where(l => !ran.Contains(l[..l.IndexOf(',', StringComparison.Ordinal)]))
                .Concat(rows.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Case},{r.Figure},{r.Published},{r.Expected:R},{r.Obtained:G10},{(Math.Abs(r.Obtained - r.Expected) <= r.Tolerance ? "yes" : "NO")}: {Math.Abs(r.Obtained - r.Expected):0.#E+0} of {r.Tolerance:0.#E+0}")))
                .OrderBy(l => l[..l.IndexOf(',', StringComparison.Ordinal)], StringComparer.Ordinal),
        ];
        File.WriteAllText(file, string.Join("\n", lines.Prepend(Header)) + "\n");
        IEnumerable<string> page = lines.Select(l => $"| {l.Replace(",", " | ", StringComparison.Ordinal)} |");
        File.WriteAllText(
            Path.Combine(folder, "published.md"),
            $"| {Header.Replace(",", " | ", StringComparison.Ordinal)} |\n|---|---|---|---|---|---|\n{string.Join("\n", page)}\n\n"
            + "Published: as printed; \"as expected\" where the expected figure reproduces what was published; empty where nothing was. Within: how far off, of how much is allowed.\n");
    }
}
