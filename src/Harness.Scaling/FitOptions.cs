namespace Harness.Scaling;

/// <summary>How the search for the optimum begins.</summary>
public enum StartMode
{
    /// <summary>Variable projection where the law is linear in its coefficients, the law's own starts otherwise.</summary>
    Auto,

    /// <summary>As <see cref="Auto"/>, and in addition every start of the law's published grid (4,500 for chinchilla) by a quasi-Newton method; both must meet.</summary>
    Grid,
}

/// <summary>What the bootstrap draws again.</summary>
public enum ResampleUnit
{
    /// <summary>Rows, with replacement.</summary>
    Row,

    /// <summary>Groups (runs), with replacement, each with all its rows.</summary>
    Group,

    /// <summary>Residuals, added to the fitted values: the design stays as it is.</summary>
    Noise,
}

/// <summary>How intervals are read off.</summary>
public enum IntervalMethod
{
    /// <summary>Quantiles of the resampled estimates.</summary>
    Percentile,

    /// <summary>Bias-corrected and accelerated quantiles (Efron 1987); costs one fit per row or group for the acceleration.</summary>
    Bca,

    /// <summary>Quantiles further out, by Student's t and the degrees of freedom that the parameters take (Hesterberg 2015, section 5): plain ones are too narrow in small samples.</summary>
    Expanded,

    /// <summary>Quantiles of (estimate - truth) over its standard error, both taken anew in every resample (Efron and Tibshirani 1993, section 12.5).</summary>
    Studentised,
}

/// <summary>How <c>isoflop</c> (Hoffmann et al., 2203.15556, approach 2) finds the optimum of one budget.</summary>
public enum IsoFlopMethod
{
    /// <summary>The vertex of a parabola in log n, as in the paper.</summary>
    Parabola,

    /// <summary>The minimum of an Akima spline in log n: no assumption of symmetry, but interpolates the noise.</summary>
    Akima,

    /// <summary>The minimum of one surface E + A/N^alpha + B/D^beta fitted to all budgets: no grid bias, but assumes the law.</summary>
    Surface,
}

/// <summary>How <c>envelope</c> (Hoffmann et al., 2203.15556, approach 1) finds the frontier.</summary>
public enum EnvelopeMethod
{
    /// <summary>The lowest of the interpolated training curves at each of many log-spaced budgets, as in the paper. Needs groups (runs).</summary>
    Curves,

    /// <summary>The vertices of the lower convex hull of the points in (log c, log loss).</summary>
    Hull,
}

/// <summary>The bootstrap's settings.</summary>
public sealed record BootstrapOptions
{
    /// <summary>Number of resamples; 4,000 in Besiroglu et al. (2404.10102).</summary>
    public int Resamples { get; init; } = 1000;

    /// <summary>What is drawn again; null for groups where the points have them, else rows.</summary>
    public ResampleUnit? Unit { get; init; }

    /// <summary>How intervals are read off the resamples.</summary>
    public IntervalMethod Intervals { get; init; } = IntervalMethod.Expanded;
}

/// <summary>Everything about a fit that is not data or law.</summary>
public sealed record FitOptions
{
    /// <summary>The objective; null for the one of the law's source.</summary>
    public Objective? Objective { get; init; }

    /// <summary>How the search begins.</summary>
    public StartMode Starts { get; init; }

    /// <summary>Parameters held at a given value, by name.</summary>
    public IReadOnlyDictionary<string, double> Fixed { get; init; } = new Dictionary<string, double>();

    /// <summary>The bootstrap; null for none (intervals are then asymptotic).</summary>
    public BootstrapOptions? Bootstrap { get; init; }

    /// <summary>
    /// Without a bootstrap: whether intervals follow the profile of the objective (exact for bent valleys, some tens of refits a parameter) or its curvature at the optimum; null for what the law needs.
    /// </summary>
    public bool? ProfileIntervals { get; init; }

    /// <summary>Probability that an interval is meant to cover; in (0, 1).</summary>
    public double Confidence { get; init; } = 0.95;

    /// <summary>Rows kept back to measure extrapolation; null for none.</summary>
    public Holdout? Holdout { get; init; }

    /// <summary>Compute budgets (FLOPs) at which the optimal n, d and loss are derived with their intervals, for laws that trade n against d.</summary>
    public IReadOnlyList<double> Budgets { get; init; } = [];

    /// <summary>Losses above this are left out as diverged; null for no limit. Losses that are not finite, and rows whose <c>diverged</c> column is not 0, are always left out.</summary>
    public double? MaximumLoss { get; init; }

    /// <summary>Whether fits use the column <c>weight</c> if there is one.</summary>
    public bool UseWeights { get; init; } = true;

    /// <summary>Seed of every random draw. The same seed gives the same numbers on any number of threads.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How <c>isoflop</c> finds each budget's optimum.</summary>
    public IsoFlopMethod IsoFlop { get; init; }

    /// <summary>How <c>envelope</c> finds the frontier.</summary>
    public EnvelopeMethod Envelope { get; init; }

    /// <summary>Number of log-spaced budgets at which <see cref="EnvelopeMethod.Curves"/> looks; 1,500 in the paper.</summary>
    public int EnvelopeBudgets { get; init; } = 1500;

    /// <summary>Rows whose compute differs by less than this share belong to one isoFLOP budget.</summary>
    public double BudgetTolerance { get; init; } = 0.1;

    /// <summary>Threads to use; 0 for all cores.</summary>
    public int Threads { get; init; }

    /// <summary>How n, d and c were counted, copied into the result.</summary>
    public IReadOnlyDictionary<string, string> Conventions { get; init; } = new Dictionary<string, string>();
}
