using Harness.Reporting.Fits;
using Harness.Reporting.Runs;

namespace Harness.Reporting.Html;

/// <summary>What a report is made of: the three files of a sweep's folder, and what its sweep.yaml says in words.</summary>
public sealed record SweepReportInput
{
    /// <summary>The sweep's name.</summary>
    public required string Title { get; init; }

    /// <summary>What the sweep was to find out; null if it does not say.</summary>
    public string? Question { get; init; }

    /// <summary>The rows of runs.csv.</summary>
    public required IReadOnlyList<RunRow> Runs { get; init; }

    /// <summary>The rows of curves.csv; read once.</summary>
    public IEnumerable<CurveRow> Curves { get; init; } = [];

    /// <summary>fits.json; null before a fit.</summary>
    public FitsFile? Fits { get; init; }

    /// <summary>How many runs the plan has, where that is known; runs without a row are reported as missing.</summary>
    public int? PlannedRuns { get; init; }

    /// <summary>The command lines that make the sweep again, one each.</summary>
    public IReadOnlyList<string> Reproduce { get; init; } = [];

    /// <summary>The machine and software, as name and value, already cleared of secrets.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>When the report is written; null leaves it out, so that equal inputs give equal bytes.</summary>
    public DateTimeOffset? Written { get; init; }

    /// <summary>Reads a sweep's folder. curves.csv and fits.json may be missing.</summary>
    /// <param name="folder">The folder with runs.csv.</param>
    /// <exception cref="Tables.TableException">runs.csv is missing or no such table.</exception>
    /// <exception cref="FitsFileException">fits.json is there and cannot be read.</exception>
    public static SweepReportInput Read(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        string curves = Path.Combine(folder, CurvesTable.FileName), fits = Path.Combine(folder, "fits.json");
        return new SweepReportInput
        {
            Title = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            Runs = RunsTable.Read(Path.Combine(folder, RunsTable.FileName)),
            Curves = File.Exists(curves) ? CurvesTable.Read(curves) : [],
            Fits = File.Exists(fits) ? FitsFile.Read(fits) : null,
        };
    }
}
