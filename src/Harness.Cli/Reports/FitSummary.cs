using System.Globalization;
using Harness.Reporting.Fits;
using Harness.Reporting.Plots;

namespace Harness.Cli.Reports;

/// <summary>The fits of a sweep on a screen: a formula, its exponents with intervals, and how far to trust them.</summary>
internal static class FitSummary
{
    public static void Write(FitsFile file, TextWriter output)
    {
        foreach (var fit in file.Fits)
        {
            var formula = (FittedLaw.Of(fit)?.Formula ?? LawFormula.Of(fit.Equation ?? "", fit.Parameters)).PlainText;
            output.WriteLine($"{fit.Law,-13} {formula}");
            output.WriteLine($"{"",13} {string.Join("; ", Parameters(fit))}");
            output.WriteLine($"{"",13} {string.Join("; ", Trust(fit))}");
            foreach (var warning in fit.Warnings)
            {
                output.WriteLine($"{"",13} note: {warning}");
            }
        }

        foreach (var refused in file.Refused)
        {
            output.WriteLine($"{refused.Law,-13} refused: {Printable.Text(refused.Found)} {Printable.Text(refused.Mend)}");
        }
    }

    private static IEnumerable<string> Parameters(FitRecord fit)
    {
        foreach (var (name, value) in fit.Parameters)
        {
            var range = fit.Intervals.GetValueOrDefault(name) is [var low, var high] ? $" [{Number(low)}, {Number(high)}]" : "";
            yield return $"{name} {Number(value)}{range}";
        }

        yield return $"{Number(100 * fit.Confidence)} % intervals";
    }

    private static IEnumerable<string> Trust(FitRecord fit)
    {
        if (fit.Goodness?.R2 is { } r2)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"R2 {r2:F4}");
        }

        if (fit.Holdout is { } holdout)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"hold-out ({holdout.Rule}, {holdout.Points} {(holdout.Points == 1 ? "run" : "runs")}) off by {100 * holdout.MeanRelativeError:F2} %");
        }

        yield return $"{fit.Points} {(fit.Law == "envelope" ? "points of training curves" : "runs")}";
        if (fit.Converged == false)
        {
            yield return $"NOT CONVERGED ({fit.StoppedBy})";
        }
    }

    private static string Number(double value) => FitText.Number(value, 4);
}
