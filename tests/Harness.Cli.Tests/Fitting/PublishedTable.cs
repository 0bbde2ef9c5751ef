using System.Globalization;
using System.Text;

namespace Harness.Cli.Tests.Fitting;

/// <summary>
/// Holds obtained figures against published ones, and keeps them. When HARNESS_PUBLISHED_TABLE names a folder, the whole table is written there as published.csv and published.md
/// once all cases have run (experiments/published-fits/run.sh).
/// </summary>
public sealed class PublishedTable : IDisposable
{
    private readonly List<(string Case, string Figure, double Expected, double Obtained, double Tolerance)> rows = [];

    /// <summary>Asserts that a figure is met to an absolute tolerance.</summary>
    public void Meets(string id, string figure, double expected, double obtained, double tolerance)
    {
        lock (rows)
        {
            rows.Add((id, figure, expected, obtained, tolerance));
        }

        Assert.True(Math.Abs(obtained - expected) <= tolerance, string.Create(CultureInfo.InvariantCulture, $"{id}: {figure} is {obtained:R}, published {expected:R}, allowed {tolerance:G3} off"));
    }

    /// <summary>The same with a relative tolerance.</summary>
    public void MeetsRelatively(string id, string figure, double expected, double obtained, double tolerance) => Meets(id, figure, expected, obtained, tolerance * Math.Abs(expected));

    public void Dispose()
    {
        if (Environment.GetEnvironmentVariable("HARNESS_PUBLISHED_TABLE") is not { Length: > 0 } folder || rows.Count == 0)
        {
            return;
        }

        Directory.CreateDirectory(folder);
        StringBuilder csv = new("case,figure,expected,obtained,difference,tolerance\n"), page = new("| case | figure | expected | obtained | difference | tolerance |\n|---|---|---|---|---|---|\n");
        foreach ((string id, string figure, double expected, double obtained, double tolerance) in rows.OrderBy(r => r.Case, StringComparer.Ordinal))
        {
            csv.Append(CultureInfo.InvariantCulture, $"{id},{figure},{expected:R},{obtained:R},{obtained - expected:E2},{tolerance:E2}\n");
            page.Append(CultureInfo.InvariantCulture, $"| {id} | {figure} | {expected:G10} | {obtained:G10} | {obtained - expected:0.#E+0} | {tolerance:0.#E+0} |\n");
        }

        File.WriteAllText(Path.Combine(folder, "published.csv"), csv.ToString());
        File.WriteAllText(Path.Combine(folder, "published.md"), page.ToString());
    }
}
