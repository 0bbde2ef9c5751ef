using System.Diagnostics;
using System.Globalization;
using Harness.Benchmarks;
using Harness.Scaling;
using Harness.Training.Measurement;

// Prints what the README quotes. One thread, nothing else running: `./harness benchmarks`.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Console.WriteLine($"{DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} threads, {(File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").First(l => l.StartsWith("model name", StringComparison.Ordinal))[13..] : "")}");
if (args is ["stacks"])
{
    StackTable.Print();
    return;
}

Steps();
Fits();

static void Steps()
{
    Console.WriteLine();
    Console.WriteLine("training step, one thread         tokens/s    GFLOP/s  of peak   median ms (min to max)");
    foreach (var (name, layers, dim, heads, batch, context) in ((string, int, int, int, int, int)[])[("d64 L2 B16 T128", 2, 64, 4, 16, 128), ("d128 L4 B8 T256", 4, 128, 4, 8, 256), ("d256 L6 B8 T256", 6, 256, 8, 8, 256)])
    {
        foreach (var plain in (bool[])[false, true])
        {
            var r = StepBenchmark.Run(new StepBenchmarkRequest { Model = Models.Gpt2(layers, dim, heads, context), BatchRows = batch, Steps = dim == 256 ? 12 : 40, Plain = plain });
            Console.WriteLine($"{name,-16} {(plain ? "autograd" : "written out"),-12} {r.TokensPerSecond,11:F0} {r.Gigaflops,10:F1} {r.ShareOfPeak,8:P0}   {1000 * r.StepSecondsMedian:F1} ({1000 * r.StepSecondsMin:F1} to {1000 * r.StepSecondsMax:F1})");
        }
    }
}

static void Fits()
{
    // 240 noisy points of the law that Besiroglu et al. (2404.10102) found, on a grid like theirs.
    var random = new Random(1);
    double[] n = new double[240], d = new double[240], loss = new double[240];
    for (int i = 0; i < n.Length; i++)
    {
        n[i] = Math.Pow(10, 7.7 + 2.4 * random.NextDouble());
        d[i] = Math.Pow(10, 8.7 + 2.4 * random.NextDouble());
        loss[i] = (1.8172 + 482.01 / Math.Pow(n[i], 0.3478) + 2085.43 / Math.Pow(d[i], 0.3658)) * Math.Exp(0.01 * (random.NextDouble() + random.NextDouble() - 1));
    }

    var points = Points.Of(("n", n), ("d", d), ("loss", loss));
    Console.WriteLine();
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
