using Harness.Reporting.Fits;
using Harness.Reporting.Html;
using Harness.Reporting.Tests.Plots;

namespace Harness.Reporting.Tests.Html;

/// <summary>A report's input with everything in it.</summary>
internal static class SampleReport
{
    public static SweepReportInput Input(string title = "quickstart", string? question = "How does the held-out loss of small byte-level transformers fall with size, data and compute?")
    {
        var data = SampleSweep.Grid();
        var fit = SampleSweep.ChinchillaFit();
        var other = fit with
        {
            Parameters = fit.Parameters.ToDictionary(p => p.Key, p => p.Value * 1.07),
            Conventions = new Dictionary<string, string> { ["n"] = "total_params (Hoffmann's count: everything that is trained)", ["d"] = "tokens" },
            Draws = null,
            Warnings = [],
        };
        return new SweepReportInput
        {
            Title = title,
            Question = question,
            Runs = data.Runs,
            Curves = SampleSweep.GridCurves(),
            Fits = new FitsFile
            {
                Fits = [fit],
                OtherCounts = [other],
                Refused = [new RefusedFit("isoflop", "TooFewBudgets", "There is no budget with three sizes.", "Run sizes at constant compute.", [])],
                Comparison = new ComparisonRecord("chinchilla", "The joint law predicts the largest models within 0.6 %.", new Dictionary<string, double>(), "mean relative error"),
                Inputs = [new InputFile("results/quickstart/runs.csv", 8123, new string('a', 64))],
                Command = ["harness", "fit", "runs.csv", "--law", "chinchilla"],
                Generator = "harness 0.1.0",
            },
            Reproduce = ["./harness run configs/quickstart.yaml"],
            Environment = [new("CPU", "x86-64, 2 cores"), new("OS", "Debian 12")],
        };
    }
}
