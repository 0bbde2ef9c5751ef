using System.Diagnostics;
using System.Globalization;
using Harness.Scaling;

namespace Harness.Benchmarks;

/// <summary><c>fits [POINTS.csv]</c>: seconds of the classical fit of 240 points, its 4,000 bootstraps and variable projection, equality of both optima first. Writes the points for other programs where a path is named.</summary>
internal static class FitSpeed
{
    public static void Print(string? file = null)
    {
        Points points = Sample();
        if (file is not null)
        {
            double[] n = points.Column("n"), d = points.Column("d"), loss = points.Column("loss");
            File.WriteAllLines(file, ["n,d,loss", .. n.Select((v, i) => string.Create(CultureInfo.InvariantCulture, $"{v:R},{d[i]:R},{loss[i]:R}"))]);
        }

        long begun = Stopwatch.GetTimestamp();
        Fitter.Fit(points, "chinchilla", new FitOptions());
        double first = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        FitResult grid = Fitter.Fit(points, "chinchilla", new FitOptions { Starts = StartMode.Grid });
        if (Math.Abs(grid.CrossCheck!.RelativeDifference) > 1e-8)
        {
            throw new InvalidOperationException($"The grid and variable projection differ by {grid.CrossCheck.RelativeDifference:E1}.");
        }

        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"chinchilla, 240 points; objective {grid.Objective.Value:G12}; {grid.CrossCheck.StartsAtOptimum} of {grid.CrossCheck.Starts} starts at the optimum"));
        Console.WriteLine("                                        seconds, median (min to max)");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"variable projection, compiled on the way",-40} {first,6:F4}"));
        Time("variable projection, asymptotic", 15, new FitOptions());
        Time("and the grid of 4,500 starts", 5, new FitOptions { Starts = StartMode.Grid });
        Time("and 4,000 bootstraps", 1, new FitOptions { Bootstrap = new BootstrapOptions { Resamples = 4000, Unit = ResampleUnit.Row } });

        void Time(string what, int repeats, FitOptions options)
        {
            var seconds = new List<double>();
            for (int i = 0; i < repeats; i++)
            {
                long start = Stopwatch.GetTimestamp();
                Fitter.Fit(points, "chinchilla", options);
                seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            seconds.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-40} {seconds[seconds.Count / 2],6:F4} ({seconds[0]:F4} to {seconds[^1]:F4})"));
        }
    }

    // 240 noisy points of the law that Besiroglu et al. (2404.10102) found, on a grid like theirs.
    private static Points Sample()
    {
        var random = new Random(1);
        double[] n = new double[240], d = new double[240], loss = new double[240];
        for (int i = 0; i < n.Length; i++)
        {
            n[i] = Math.Pow(10, 7.7 + (2.4 * random.NextDouble()));
            d[i] = Math.Pow(10, 8.7 + (2.4 * random.NextDouble()));
            loss[i] = (1.8172 + (482.01 / Math.Pow(n[i], 0.3478)) + (2085.43 / Math.Pow(d[i], 0.3658))) * Math.Exp(0.01 * (random.NextDouble() + random.NextDouble() - 1));
        }

        return Points.Of(("n", n), ("d", d), ("loss", loss));
    }
}
