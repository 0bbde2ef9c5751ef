using System.Globalization;
using System.Reflection;
using Harness.Reporting.Fits;
using Harness.Reporting.Tables.Selection;
using Harness.Scaling;

namespace Harness.Cli.Fitting;

/// <summary>One call of <c>harness fit</c>: reads the points, fits or evaluates each law, prints and writes what came out.</summary>
internal sealed class FitRun(FitRequest request, TextWriter output, TextWriter error)
{
    private readonly List<FitRecord> fits = [];
    private readonly List<RefusedFit> refused = [];

    public int Invoke()
    {
        LawNames.Check(request.Laws);
        PointsTable table = PointsReader.Read(PointsNeeded.Of(request));
        FitOptions options = request.Options with { Holdout = HoldoutRule.Of(request, table) };
        foreach (string law in request.Laws)
        {
            FitOne(law, table, options);
        }

        FitsFile file = new()
        {
            Fits = fits,
            Refused = refused,
            Inputs = request.Out is null ? [] : [.. request.Files.Select(InputFile.Of)],
            Command = request.Command,
            Generator = "harness " + Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion,
        };
        Write(file);
        return refused.Count > 0 ? ExitCodes.Refused : ExitCodes.Done;
    }

    private void FitOne(string name, PointsTable table, FitOptions options)
    {
        Law? law = LawNames.Find(name);
        Dictionary<string, string> conventions = Conventions.Of(table.Conventions, law);
        if (request.Preset is { } preset)
        {
            conventions["preset"] = $"{preset.Name}: {preset.Source} ({preset.Units})";
        }

        try
        {
            FitRecord record = request.Given.Count > 0
                ? FitRecords.Evaluated(LawNames.Joint(name), LawNames.Values(LawNames.Joint(name), request.Given), request.ObjectiveOf(law), table, conventions)
                : FitRecords.Of(
                    Fitter.Fit(table.Points, name, options with { Objective = request.Objective is null && request.Delta is null ? null : request.ObjectiveOf(law), Conventions = conventions }),
                    table,
                    options.Confidence);
            fits.Add(record);
        }
        catch (FitRefusedException e) when (!Mistakes.IsMistake(e))
        {
            refused.Add(new RefusedFit(name, Mistakes.Kind(e.Reason), e.Found, e.Mend, e.Rows));
            string rows = e.Rows.Count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" [{string.Join(", ", e.Rows.Take(8))}{(e.Rows.Count > 8 ? ", ..." : "")}]");
            error.WriteLine($"{request.Files[0]}: {name} refused ({Mistakes.Kind(e.Reason)}): {e.Found} {e.Mend}{rows}");
        }
    }

    private void Write(FitsFile file)
    {
        if (request.Out == "-")
        {
            output.Write(file.ToJson());
            return;
        }

        output.Write(string.Join("\n", fits.Select(FitText.Of)));
        if (file.Comparison is { } comparison)
        {
            output.Write($"\n{comparison.Statement}\n");
        }

        if (request.Out is { } path)
        {
            try
            {
                file.Write(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new UserMistakeException($"--out: {path} cannot be written ({e.Message}); a file in a writable folder is needed; name another.", e);
            }

            error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"wrote {path} ({fits.Count} {(fits.Count == 1 ? "fit" : "fits")})"));
        }
    }
}
