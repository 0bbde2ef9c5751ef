namespace Harness.Scaling.Tests;

/// <summary>Fits many synthetic truths with noise by the options that a user gets, and counts how often each interval holds the truth.</summary>
internal static class CoverageStudy
{
    /// <summary>Everything that <c>--law</c> takes.</summary>
    public static IReadOnlyList<string> Names => LawCatalog.Names;

    /// <summary>Counts for each parameter of a law.</summary>
    /// <param name="law">A name of <see cref="Names"/>, or <c>LAW/ROWS</c> as in <see cref="Truths"/>.</param>
    /// <param name="truths">How many truths, each with its own parameters and noise.</param>
    /// <param name="options">Null for the defaults: the law's own objective, no bootstrap.</param>
    /// <param name="first">Number of the first truth; others give other draws.</param>
    /// <param name="uneven">Noise that grows with the target, as <see cref="Truth.Uneven"/> has it.</param>
    /// <param name="noise">Deviation of the errors as a share of the target; null for the law's own.</param>
    public static IReadOnlyList<CoverageRow> Run(string law, int truths, FitOptions? options = null, int first = 0, bool uneven = false, double? noise = null)
    {
        options = (options ?? new FitOptions()) with { Threads = 1 };
        var results = new (IReadOnlyDictionary<string, double> Truth, FitResult? Fit)[truths];
        Parallel.For(0, truths, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            (Points points, IReadOnlyDictionary<string, double> truth) = Sample(law, first + i, uneven, noise);
            try
            {
                results[i] = (truth, Fitter.Fit(points, law.Split('/')[0], options));
            }
            catch (FitRefusedException)
            {
                results[i] = (truth, null);
            }
        });
        return [.. results[0].Truth.Keys.Select(name => Count(law, name, results))];
    }

    private static CoverageRow Count(string law, string name, (IReadOnlyDictionary<string, double> Truth, FitResult? Fit)[] results)
    {
        int given = 0, covered = 0, above = 0;
        foreach ((IReadOnlyDictionary<string, double> truth, FitResult? fit) in results)
        {
            if ((fit?.Intervals.GetValueOrDefault(name) ?? fit?.Derived.GetValueOrDefault(name)?.Interval) is not { } interval)
            {
                continue;
            }

            given++;
            covered += interval.Low <= truth[name] && truth[name] <= interval.High ? 1 : 0;
            above += interval.Low > truth[name] ? 1 : 0;
        }

        return new CoverageRow(law, name, results.Length, given, covered, above);
    }

    private static (Points Points, IReadOnlyDictionary<string, double> Truth) Sample(string law, int index, bool uneven, double? noise)
    {
        if (law is LawCatalog.IsoFlopName or LawCatalog.EnvelopeName)
        {
            return FrontierTruths.Of(law, index);
        }

        Truth truth = Truths.Of(law).Moved(index);
        bool relative = truth.Law is not Vocabulary;
        var parameters = truth.Law.Parameters.Zip(truth.Parameters).ToDictionary(p => p.First.Name, p => p.Second);
        int seed = (100_000 * (1 + LawCatalog.Names.ToList().IndexOf(truth.Law.Name))) + index;
        double sigma = noise ?? NoiseOf(truth.Law.Name);
        return (uneven ? truth.Uneven(sigma, seed) : truth.Noisy(sigma, seed, relative), parameters);
    }

    // Half a percent of the loss, as between seeds of a well-run sweep; less for laws whose breaks, bits or schedules hide in it (on the published curves of arXiv 2503.12811 multi-power's residuals are 0.02 to 0.06 %).
    private static double NoiseOf(string law) => law.StartsWith("bnsl", StringComparison.Ordinal) || law is "m4" or "moe-routing" or "precision" or "multi-power" ? 0.001 : 0.005;
}
