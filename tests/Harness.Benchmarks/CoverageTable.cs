using System.Diagnostics;
using System.Globalization;
using Harness.Scaling;
using Harness.Scaling.Tests;

namespace Harness.Benchmarks;

/// <summary><c>coverage [--truths N] [--first N] [--bootstrap N] [--by row|noise|group] [--intervals METHOD] [--objective OBJ] [--uneven] [--noise SHARE] [LAW ...]</c>: how often intervals of 95 % hold the truth, as CSV lines.</summary>
internal static class CoverageTable
{
    public static void Print(string[] args)
    {
        int truths = 200, first = 0;
        bool uneven = false;
        double? noise = null;
        FitOptions options = new();
        List<string> laws = [];
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--truths": truths = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
                case "--first": first = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
                case "--uneven": uneven = true; break;
                case "--noise": noise = double.Parse(args[++i], CultureInfo.InvariantCulture); break;
                case "--objective": options = options with { Objective = Objective.Parse(args[++i]) }; break;
                case "--profile": options = options with { ProfileIntervals = bool.Parse(args[++i]) }; break;
                case "--bootstrap": options = options with { Bootstrap = (options.Bootstrap ?? new()) with { Resamples = int.Parse(args[++i], CultureInfo.InvariantCulture) } }; break;
                case "--by": options = options with { Bootstrap = (options.Bootstrap ?? new()) with { Unit = Enum.Parse<ResampleUnit>(args[++i], true) } }; break;
                case "--intervals": options = options with { Bootstrap = (options.Bootstrap ?? new()) with { Intervals = Enum.Parse<IntervalMethod>(args[++i], true) } }; break;
                default: laws.Add(args[i]); break;
            }
        }

        Console.WriteLine("law,quantity,truths,intervals,covered,percent,above");
        foreach (string law in laws.Count > 0 ? laws : CoverageStudy.Names)
        {
            long start = Stopwatch.GetTimestamp();
            IReadOnlyList<CoverageRow> rows = CoverageStudy.Run(law, truths, options, first, uneven, noise);
            foreach (CoverageRow row in rows.Append(CoverageRow.Pooled(rows)))
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Law},{row.Quantity},{row.Truths},{row.Intervals},{row.Covered},{100 * row.Share:F1},{row.Above}"));
            }

            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{law}: {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s"));
        }
    }
}
