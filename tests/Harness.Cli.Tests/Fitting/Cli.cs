using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Harness.Cli.Tests.Fitting;

/// <summary>What one command line did.</summary>
internal sealed record Outcome(int Code, string Output, string Error)
{
    /// <summary>The standard output of <c>--out -</c>.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    public JsonElement Fit(int index = 0) => Json.GetProperty("fits")[index];
}

/// <summary>Calls the program as a shell would, inside this process.</summary>
internal static class Cli
{
    public static Outcome Run(params string[] args)
    {
        using StringWriter output = new(CultureInfo.InvariantCulture), error = new(CultureInfo.InvariantCulture);
        ParseResult parsed = CommandLine.Root().Parse(args);
        Assert.Empty(parsed.Errors.Select(e => e.Message));
        int code = parsed.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        return new Outcome(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs <c>harness fit ... --out -</c>, which must succeed.</summary>
    public static JsonElement Fit(params string[] args)
    {
        Outcome outcome = Run(["fit", .. args, "--out", "-"]);
        Assert.True(outcome.Code == 0, $"exit code {outcome.Code}: {outcome.Error}");
        return outcome.Fit();
    }

    public static double Parameter(this JsonElement fit, string name) => fit.GetProperty("parameters").GetProperty(name).GetDouble();

    public static double Objective(this JsonElement fit) => fit.GetProperty("objective").GetProperty("value").GetDouble();

    public static double StandardError(this JsonElement fit, string name) => fit.GetProperty("standard_errors").GetProperty(name).GetDouble();

    /// <summary>
    /// Runs under a culture whose decimal sign is a comma. Globalization is invariant here, so such a culture has to be made by hand to have any effect.
    /// </summary>
    public static T UnderCommaCulture<T>(Func<T> act)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        CultureInfo culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.NumberFormat.NumberGroupSeparator = ".";
        culture.NumberFormat.NegativeSign = "−";
        try
        {
            CultureInfo.CurrentCulture = culture;
            return act();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
