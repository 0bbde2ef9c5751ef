namespace Harness.Scaling;

/// <summary>
/// The rows of a fit in blocks of some thousands, each tied to the law on its own, so that sums over millions of rows need memory for one block's slopes a thread. Sums are taken
/// block by block in the rows' order: the same on any number of threads.
/// </summary>
internal sealed class RowBlocks
{
    private const int BlockRows = 1 << 13;

    private readonly FitProblem[] blocks;
    private readonly int dimension;
    private readonly int threads;
    private readonly int largest;
    private (double[] Predictions, double[] Jacobian)? kept;

    private RowBlocks(FitProblem[] blocks, int threads)
    {
        this.blocks = blocks;
        this.threads = threads;
        dimension = blocks[0].Model.Dimension;
        largest = blocks.Max(b => b.Model.Count);
        Count = blocks.Sum(b => b.Model.Count);
        ActiveCount = blocks.Sum(b => b.Active.Length);
        TotalWeight = blocks.Sum(b => b.Weights.Sum());
    }

    /// <summary>Number of rows.</summary>
    public int Count { get; }

    /// <summary>Number of rows of positive weight.</summary>
    public int ActiveCount { get; }

    /// <summary>Sum of the weights.</summary>
    public double TotalWeight { get; }

    /// <summary>What is fitted.</summary>
    public Objective Objective => blocks[0].Objective;

    /// <summary>Any block's law in the coordinates of the search: domain and meaning of the coordinates are the same in all.</summary>
    public SearchModel Model => blocks[0].Model;

    /// <summary>One block of all rows of a problem.</summary>
    public static RowBlocks Of(FitProblem problem) => new([problem], 1);

    /// <summary>Cuts points into blocks, in the coordinates that a fit of some of them uses.</summary>
    public static RowBlocks Of(Points points, Law law, FitContext sample, bool useWeights, int threads)
    {
        int count = (points.Count + BlockRows - 1) / BlockRows;
        var blocks = new FitProblem[count];
        double[] ones = [.. Enumerable.Repeat(1.0, BlockRows)];
        bool weighted = useWeights && points.Has("weight");
        double[] centre = law is SeparableLaw s ? s.Centre(sample.Points) : [];
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, b =>
        {
            int first = b * BlockRows, rows = Math.Min(BlockRows, points.Count - first);
            Points block = points.Slice(first, rows);
            SearchModel model = law is SeparableLaw separable && sample.Model is SeparableModel
                ? new SeparableModel(separable, separable.BindBasis(block), centre, sample.Held)
                : new GenericModel(law, law.Bind(block), sample.Held);
            blocks[b] = new FitProblem(model, block.Column(law.Target), weighted ? block.Column("weight") : rows == BlockRows ? ones : ones[..rows], sample.Problem.Objective);
        });
        return new RowBlocks(blocks, threads);
    }

    /// <summary>The law's values for all rows.</summary>
    public double[] Predict(double[] theta)
    {
        var all = new double[Count];
        Each((block, b, _) => block.Model.Predict(theta, all.AsSpan(b * BlockRows, block.Model.Count)));
        return all;
    }

    /// <summary>The objective (a weighted sum) with its derivatives.</summary>
    /// <param name="theta">Where.</param>
    /// <param name="penalty">The objective's, corners rounded.</param>
    public RowSums Sums(double[] theta, SmoothPenalty penalty)
    {
        int p = dimension;
        var parts = new RowSums[blocks.Length];
        Each((block, b, space) =>
        {
            var sums = new RowSums(p);
            Rows(block, theta, space, (residual, weight, slopes) =>
            {
                (double value, double slope, double bend, double majorant) = penalty.At(residual);
                sums.Value += weight * value;
                sums.Size += Math.Abs(residual);
                for (int k = 0; k < p; k++)
                {
                    sums.Gradient[k] += weight * slope * slopes[k];
                    double own = weight * bend * slopes[k], above = weight * majorant * slopes[k];
                    for (int l = 0; l <= k; l++)
                    {
                        sums.Bend[(k * p) + l] += own * slopes[l];
                        sums.Majorant[(k * p) + l] += above * slopes[l];
                    }
                }
            });
            parts[b] = sums;
        });
        return RowSums.Joined(parts, p);
    }

    /// <summary>The sum over all rows of what a function adds for a residual, its weight and the prediction's slopes (on the objective's scale) to so many totals.</summary>
    public double[] Totals(double[] theta, int totals, Action<double, double, ReadOnlySpan<double>, double[]> add)
    {
        var parts = new double[blocks.Length][];
        Each((block, b, space) =>
        {
            double[] own = parts[b] = new double[totals];
            Rows(block, theta, space, (residual, weight, slopes) => add(residual, weight, slopes, own));
        });
        var sum = new double[totals];
        foreach (double[] part in parts)
        {
            for (int i = 0; i < totals; i++)
            {
                sum[i] += part[i];
            }
        }

        return sum;
    }

    private static void Rows(FitProblem block, double[] theta, (double[] Predictions, double[] Jacobian) space, RowAction act)
    {
        int p = theta.Length;
        block.Model.Jacobian(theta, space.Predictions.AsSpan(0, block.Model.Count), space.Jacobian.AsSpan(0, block.Model.Count * p));
        bool logarithms = block.Objective.OnLogarithms;
        Span<double> slopes = stackalloc double[p];
        foreach (int i in block.Active)
        {
            double predicted = space.Predictions[i], factor = logarithms ? 1 / predicted : 1;
            for (int k = 0; k < p; k++)
            {
                slopes[k] = space.Jacobian[(i * p) + k] * factor;
            }

            act((logarithms ? Math.Log(predicted) : predicted) - block.Goal[i], block.Weights[i], slopes);
        }
    }

    private void Each(Action<FitProblem, int, (double[] Predictions, double[] Jacobian)> work)
    {
        (double[] Predictions, double[] Jacobian) Space() => (new double[largest], new double[largest * dimension]);
        if (threads == 1 || blocks.Length == 1)
        {
            (double[], double[]) own = kept ??= Space();
            for (int b = 0; b < blocks.Length; b++)
            {
                work(blocks[b], b, own);
            }

            return;
        }

        Parallel.For(0, blocks.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, Space, (b, _, own) =>
        {
            work(blocks[b], b, own);
            return own;
        }, _ => { });
    }

    private delegate void RowAction(double residual, double weight, ReadOnlySpan<double> slopes);
}
