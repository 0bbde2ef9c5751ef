namespace Harness.Scaling;

/// <summary>
/// Finds the lowest minimum: ranks many starts cheaply (by variable projection where the law allows it), goes most of the way down from the best of them that differ, and finishes those that came close.
/// Results stand at their start's index, so any number of threads gives the same answer.
/// </summary>
internal sealed class GlobalSearch
{
    // Reweighting rounds that suffice to rank shapes.
    private const int RankingRounds = 4;

    // Descents between two looks at whether they agree; the same on any number of threads.
    private const int Batch = 8;
    private const int EnoughAgreeing = 6;

    // Coarse ends within a tenth of the lowest objective may still be its equals, and close minima are worth a warning; the few best are finished whatever they look like.
    private const double Close = 1.1;
    private const int FewestFinished = 4;
    private readonly SearchModel model;
    private readonly double[][] starts;
    private readonly bool manyBasins;
    private readonly Func<double[], double[]>? canonical;

    /// <summary>Prepares the starts once; they depend on the points, not on weights or noise.</summary>
    public GlobalSearch(SearchModel model, Law law, Points points)
    {
        this.model = model;
        // A held parameter ties its name to its place.
        canonical = model.Dimension == law.Parameters.Count ? law.Canonical : null;
        manyBasins = law.HasManyBasins;
        starts = model is SeparableModel separable
            ? Distinct(((SeparableLaw)law).ShapeStarts(points).Select(s => separable.HoldShape(s)))
            : Distinct(law.Starts(points).Select(s => model.FromParameters(s)));
    }

    /// <summary>Number of starts that are ranked.</summary>
    public int StartCount => starts.Length;

    /// <summary>Ranks all starts and descends from the best.</summary>
    /// <param name="problem">What to minimise.</param>
    /// <param name="descents">How many of the best starts to descend from.</param>
    /// <param name="known">Further points to descend from, such as the minima of the full sample when resampling.</param>
    /// <param name="threads">At most so many threads.</param>
    /// <param name="space">Buffers when running on the caller's thread only; null to make them.</param>
    /// <param name="ranking">Rank only an even choice of about so many starts; 0 for all.</param>
    public SearchOutcome Run(FitProblem problem, int descents, IReadOnlyList<double[]> known, int threads, Workspace? space = null, int ranking = 0)
    {
        List<double[]> chosen = Chosen(problem, descents, known, threads, ranking);
        space ??= threads == 1 ? new Workspace(model.Count, model.Dimension) : null;
        var ends = new List<LocalFit>(chosen.Count);
        int batch = manyBasins ? chosen.Count : Batch, fewest = ranking == 0 ? FewestFinished : 1;
        for (int first = 0; first < chosen.Count && (manyBasins || !Agreed(ends)); first += batch)
        {
            LocalFit[] more = Descend(problem, chosen.GetRange(first, Math.Min(batch, chosen.Count - first)), threads, space, false);
            double best = Math.Min(ends.Select(e => e.Value).DefaultIfEmpty(double.PositiveInfinity).Min(), more.Min(e => e.Value));
            int[] close = [.. Enumerable.Range(0, more.Length).OrderBy(i => more[i].Value).Where((i, rank) => double.IsFinite(more[i].Value) && (rank < fewest || more[i].Value <= Close * best))];
            LocalFit[] finished = Descend(problem, [.. close.Select(i => more[i].Theta)], threads, space, true);
            for (int k = 0; k < close.Length; k++)
            {
                more[close[k]] = finished[k];
            }

            ends.AddRange(more);
        }

        LocalFit[] sorted = [.. ends.Where(e => double.IsFinite(e.Value)).OrderBy(e => e.Value).Select(Canonical)];
        return sorted.Length == 0
            ? throw new FitRefusedException(RefusalReason.NoFiniteFit, "No start of the search reached a finite objective.", "Check the variables' units and the objective; losses near 0 need a linear objective.")
            : new SearchOutcome(sorted[0], sorted, starts.Length + known.Count);
    }

    /// <summary>The points that <see cref="Run"/> may descend from: the known ones, then the best-ranked starts that differ.</summary>
    public List<double[]> Chosen(FitProblem problem, int descents, IReadOnlyList<double[]> known, int threads, int ranking = 0)
    {
        double[][] chosenStarts = ranking == 0 || ranking >= starts.Length ? starts : [.. Enumerable.Range(0, ranking).Select(i => starts[(int)((i + 0.5) * starts.Length / ranking)])];
        return [.. known, .. Spread(Rank(problem, chosenStarts, threads), descents)];
    }

    // The same curve in the order of its parameters that is reported; left alone where nothing changes, so that no bit does.
    private LocalFit Canonical(LocalFit end)
    {
        if (canonical is null)
        {
            return end;
        }

        double[] parameters = model.ToParameters(end.Theta), ordered = canonical(parameters);
        return ordered.AsSpan().SequenceEqual(parameters) ? end : end with { Theta = model.FromParameters(ordered) };
    }

    private LocalFit[] Descend(FitProblem problem, List<double[]> from, int threads, Workspace? space, bool finish)
    {
        var ends = new LocalFit[from.Count];
        LocalFit One(int i, Workspace own) => finish ? LocalSolver.Descend(problem, from[i], own) : own.Coarse.Descend(problem, from[i], own);
        if (space is not null)
        {
            for (int i = 0; i < ends.Length; i++)
            {
                ends[i] = One(i, space);
            }
        }
        else
        {
            Parallel.For(0, ends.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, () => new Workspace(model.Count, model.Dimension), (i, _, own) =>
            {
                ends[i] = One(i, own);
                return own;
            }, _ => { });
        }

        return ends;
    }

    // Whether the best starts agree so well that others of lower rank need not be tried.
    private static bool Agreed(List<LocalFit> ends)
    {
        double best = ends.Count == 0 ? double.NaN : ends.Min(e => e.Value);
        int reached = ends.Count(e => e.Stationary && SearchOutcome.IsSame(e.Value, best));
        return reached >= EnoughAgreeing && 2 * reached >= ends.Count;
    }

    private (double[] Theta, double Value)[] Rank(FitProblem problem, double[][] from, int threads)
    {
        var ranked = new (double[] Theta, double Value)[from.Length];
        if (model is SeparableModel)
        {
            InChunks(from.Length, threads, () => new VariableProjection(problem), (projection, i) => ranked[i] = projection.Project(from[i], RankingRounds));
        }
        else
        {
            InChunks(from.Length, threads, () => new double[model.Count], (buffer, i) => ranked[i] = (from[i], problem.Value(from[i], buffer)));
        }

        return ranked;
    }

    private static void InChunks<T>(int count, int threads, Func<T> make, Action<T, int> work)
    {
        if (threads == 1 || count < 64)
        {
            T own = make();
            for (int i = 0; i < count; i++)
            {
                work(own, i);
            }

            return;
        }

        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, make, (i, _, own) =>
        {
            work(own, i);
            return own;
        }, _ => { });
    }

    // The best starts, skipping those next to a better one, so that several basins are entered.
    private List<double[]> Spread((double[] Theta, double Value)[] ranked, int count)
    {
        (double[] Theta, double Value)[] finite = [.. ranked.Where(r => double.IsFinite(r.Value)).OrderBy(r => r.Value)];
        int first = model is SeparableModel separable ? separable.FreeCoefficientCount : 0;
        int p = model.Dimension;
        var range = new double[p];
        for (int j = first; j < p && finite.Length > 0; j++)
        {
            range[j] = finite.Max(r => r.Theta[j]) - finite.Min(r => r.Theta[j]);
        }

        List<double[]> taken = [];
        foreach ((double[] theta, _) in finite)
        {
            bool near = taken.Any(t =>
            {
                for (int j = first; j < p; j++)
                {
                    if (Math.Abs(t[j] - theta[j]) > 0.05 * range[j])
                    {
                        return false;
                    }
                }

                return true;
            });
            if (!near)
            {
                taken.Add(theta);
                if (taken.Count == count)
                {
                    break;
                }
            }
        }

        return taken;
    }

    private static double[][] Distinct(IEnumerable<double[]> all)
    {
        List<double[]> result = [];
        var seen = new HashSet<string>();
        foreach (double[] start in all)
        {
            if (Array.TrueForAll(start, double.IsFinite) && seen.Add(string.Join(' ', start.Select(v => BitConverter.DoubleToInt64Bits(v)))))
            {
                result.Add(start);
            }
        }

        return [.. result];
    }
}
