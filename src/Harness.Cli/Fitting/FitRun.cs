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
        LawComparison? comparison = Compared(table, options);
        foreach (string law in request.Laws)
        {
            FitOne(law, table, options, comparison);
        }

        FitsFile file = new()
        {
            Fits = fits,
            Refused = refused,
            Comparison = Recorded(comparison),
            Inputs = request.Out is null ? [] : [.. request.Files.Where(IsKept).Select(InputFile.Of)],
            Command = request.Command,
            Generator = "harness " + Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion,
        };
        Write(file);
        return refused.Count > 0 ? ExitCodes.Refused : ExitCodes.Done;
    }

    // A pipe was read and is gone: it has no length, and nothing of it can be hashed.
    private static bool IsKept(string file) => new FileInfo(file).Length > 0;

    private void FitOne(string name, PointsTable table, FitOptions options, LawComparison? comparison)
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
                    (comparison?.Fits.FirstOrDefault(f => f.Law == law?.Name) ?? Fitter.Fit(table.Points, name, options with { Objective = Chosen(law) })) with { Conventions = conventions },
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

    /// <summary>The objective that the user chose; null for each law's own.</summary>
    private Objective? Chosen(Law? law) => request.Objective is null && request.Delta is null ? null : request.ObjectiveOf(law);

    /// <summary>The laws judged by the rows kept back; null without a hold-out, or where they do not predict the same column by the same options.</summary>
    private LawComparison? Compared(PointsTable table, FitOptions options)
    {
        Law?[] laws = [.. request.Laws.Select(LawNames.Find)];
        bool alike = laws.All(l => l is not null) && laws.Select(l => l?.Target).Distinct().Count() == 1 && (request.Delta is null || request.Objective is not null);
        if (options.Holdout is null || request.Given.Count > 0 || !alike)
        {
            return null;
        }

        try
        {
            return LawComparison.Of(table.Points, request.Laws, options with { Objective = Chosen(null) });
        }
        catch (FitRefusedException)
        {
            // None could be fitted: each law's own refusal follows.
            return null;
        }
    }

    private static ComparisonRecord? Recorded(LawComparison? comparison)
    {
        if (comparison is null)
        {
            return null;
        }

        Dictionary<string, double> errors = comparison.Fits.ToDictionary(f => f.Law, f => f.Holdout!.MeanRelativeError);
        errors["constant"] = comparison.ConstantError;
        return new ComparisonRecord(comparison.Chosen, comparison.Statement, errors, "mean relative error over the rows kept back");
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
            string errors = string.Join(", ", comparison.Errors.Select(e => $"{e.Key} {FitText.Percent(e.Value)}"));
            output.Write($"\n{comparison.Statement}\n  {comparison.Measure}: {errors}\n");
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
