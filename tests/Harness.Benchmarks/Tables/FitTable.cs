using System.Diagnostics;
using Harness.Scaling;

namespace Harness.Benchmarks.Tables;

/// <summary>Fits of 240 noisy points of the law that Besiroglu et al. (2404.10102) found, on a grid like theirs.</summary>
internal static class FitTable
{
    public static void Print()
    {
        var random = new Random(1);
        double[] n = new double[240], d = new double[240], loss = new double[240];
        for (int i = 0; i < n.Length; i++)
        {
            n[i] = Math.Pow(10, 7.7 + 2.4 * random.NextDouble());
            d[i] = Math.Pow(10, 8.7 + 2.4 * random.NextDouble());
            loss[i] = (1.8172 + 482.01 / Math.Pow(n[i], 0.3478) + 2085.43 / Math.Pow(d[i], 0.3658)) * Math.Exp(0.01 * (random.NextDouble() + random.NextDouble() - 1));
        }

        var points = Points.Of(("n", n), ("d", d), ("loss", loss));
        Console.WriteLine("chinchilla fit of 240 points             seconds");
        Time("variable projection", 5, new FitOptions());
        Time("and the grid of 4,500 starts", 3, new FitOptions { Starts = StartMode.Grid });
        Time("and 4,000 bootstraps", 1, new FitOptions { Bootstrap = new BootstrapOptions { Resamples = 4000, Unit = ResampleUnit.Row } });

        void Time(string what, int repeats, FitOptions options)
        {
            Fitter.Fit(points, "chinchilla", options with { Bootstrap = null });
            var seconds = new List<double>();
            for (int i = 0; i < repeats; i++)
            {
                var start = Stopwatch.GetTimestamp();
                Fitter.Fit(points, "chinchilla", options);
                seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            seconds.Sort();
            Console.WriteLine($"{what,-34} {seconds[seconds.Count / 2],13:F3}");
        }
    }
}
