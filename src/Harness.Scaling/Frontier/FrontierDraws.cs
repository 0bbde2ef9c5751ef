namespace Harness.Scaling;

/// <summary>Draws of a frontier's parameters, for intervals.</summary>
/// <param name="How">What was drawn again, as printed.</param>
/// <param name="Asked">How many draws were tried.</param>
/// <param name="Values">Those that gave a frontier, in the order of <see cref="FrontierLines.Names"/>.</param>
internal sealed record FrontierDraws(string How, int Asked, double[][] Values)
{
    /// <summary>Makes draws; number k comes from a stream of its own, so that any number of threads gives the same ones.</summary>
    public static FrontierDraws Of(string how, int count, FitOptions options, Func<SeededRandom, FrontierLines?> draw) => OfParameters(how, count, options, random => draw(random)?.Parameters);

    /// <summary>The same for parameters that are not those of lines.</summary>
    public static FrontierDraws OfParameters(string how, int count, FitOptions options, Func<SeededRandom, double[]?> draw)
    {
        if (count < 20)
        {
            throw new FitRefusedException(RefusalReason.InvalidOption, $"{count} resamples give no interval.", "Use at least 20; 1,000 or more for tails.");
        }

        var results = new double[]?[count];
        int threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount;
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, k =>
        {
            double[]? p = draw(new SeededRandom(options.Seed, (ulong)k + 1));
            results[k] = p is not null && Array.TrueForAll(p, double.IsFinite) ? p : null;
        });
        return new FrontierDraws(how, count, [.. results.OfType<double[]>()]);
    }

    /// <summary>Multiplicities of rows when the units of each stratum are drawn with replacement.</summary>
    public static double[] Weights(ref SeededRandom random, int rows, IReadOnlyList<int[][]> strata)
    {
        var weights = new double[rows];
        foreach (int[][] units in strata)
        {
            for (int draw = 0; draw < units.Length; draw++)
            {
                foreach (int row in units[random.NextIndex(units.Length)])
                {
                    weights[row]++;
                }
            }
        }

        return weights;
    }
}
