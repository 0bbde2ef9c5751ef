using System.Text.Json;
using Harness.Reporting.Runs;

namespace Harness.Reporting.Fits;

/// <summary>
/// The content of fits.json: every fitted law with all that is needed to judge, draw and use it. The fields and their meaning are in
/// <c>fits.schema.json</c> (<see cref="FitsSchema"/>). Numbers are IEEE doubles that read back with the same bits; a missing number is null or absent.
/// </summary>
public sealed record FitsFile
{
    /// <summary>The layout that this version writes. Readers refuse a higher one.</summary>
    public const int CurrentVersion = 1;

    /// <summary>The fits, in the order in which they were asked for.</summary>
    public required IReadOnlyList<FitRecord> Fits { get; init; }

    /// <summary>The same laws with N or C counted in other ways, which shows how exponents move with the count; without hold-outs and bootstraps.</summary>
    public IReadOnlyList<FitRecord> OtherCounts { get; init; } = [];

    /// <summary>The laws that the data could not answer, with the reason.</summary>
    public IReadOnlyList<RefusedFit> Refused { get; init; } = [];

    /// <summary>Which law to use and why, when there were several; null for one.</summary>
    public ComparisonRecord? Comparison { get; init; }

    /// <summary>The tables that were read.</summary>
    public IReadOnlyList<InputFile> Inputs { get; init; } = [];

    /// <summary>The command that wrote the file, argument by argument.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>The program and version that wrote the file.</summary>
    public string? Generator { get; init; }

    /// <summary>The layout of the file.</summary>
    public int SchemaVersion { get; init; } = CurrentVersion;

    /// <summary>The file's text: indented JSON in snake_case, ending with a line end.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, FitsJson.Default.FitsFile) + "\n";

    /// <summary>Writes the file beside its place and then renames it, so that no reader meets half of it.</summary>
    /// <exception cref="IOException">The folder is missing or not writable.</exception>
    public void Write(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        WholeFile.WriteText(path, writer => writer.Write(ToJson()));
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="FitsFileException">It is missing, no JSON, or no fits file of a version known here.</exception>
    public static FitsFile Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            FitsFile file = JsonSerializer.Deserialize(stream, FitsJson.Default.FitsFile)
                ?? throw new FitsFileException(path, null, "the file holds null; an object with \"fits\" is needed; write it with harness fit --out");
            return file.SchemaVersion <= CurrentVersion
                ? file
                : throw new FitsFileException(path, null, $"schema_version {file.SchemaVersion} is newer than {CurrentVersion}, the newest known here; update the harness");
        }
        catch (JsonException e)
        {
            throw new FitsFileException(path, e.LineNumber + 1, $"{e.Path ?? "$"}: {Reason(e)}; the layout of harness fit --schema is needed; write the file with harness fit --out");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FitsFileException(path, null, "there is no such file; a fits.json is needed; write it with harness fit --out");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FitsFileException(path, null, $"the file cannot be read ({e.Message}); check its permissions");
        }
    }

    private static string Reason(JsonException e)
    {
        string message = e.Message.ReplaceLineEndings(" ");
        int tail = message.IndexOf(" Path:", StringComparison.Ordinal);
        return tail < 0 ? message : message[..tail].TrimEnd('.');
    }
}
