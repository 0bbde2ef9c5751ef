using MathNet.Numerics.Distributions;

namespace Harness.Scaling;

/// <summary>
/// Large-sample covariance of an M-estimate whose errors need not be equally large everywhere (losses fall by a factor of three along a sweep): <see cref="RobustSquares"/>, with its degrees of freedom, for
/// squares, <see cref="Sandwich"/> for Huber and absolute penalties; where there are too few rows for either, errors of equal size, tau^2 (J'WJ)^-1 with the tau^2 of <see cref="ErrorVariance"/>.
/// Coordinates on the edge of their domain are taken as known, unless they are let move.
/// </summary>
internal sealed class Asymptotics
{
    private readonly RobustSquares? robust;
    private readonly double[] equal = [];
    private readonly FitContext context;
    private readonly double[] theta;
    private readonly int[] inside;
    private readonly double[]? covariance;

    /// <param name="context">Law, rows and objective.</param>
    /// <param name="theta">The optimum.</param>
    /// <param name="copies">[rows] how many times a resample drew each row, already in the weights; null for once each.</param>
    /// <param name="edgesMove">Takes coordinates on the edge of their domain as estimated, too: an interval that may leave the domain, but is not too sure of all others.</param>
    public Asymptotics(FitContext context, double[] theta, double[]? copies = null, bool edgesMove = false)
    {
        this.context = context;
        this.theta = theta;
        SearchModel model = context.Model;
        int p = model.Dimension;
        var space = new Workspace(model.Count, p);
        int n = Linearisation.At(context.Problem, theta, space);
        inside = [.. Enumerable.Range(0, p).Where(k => edgesMove || !OnEdge(model, theta, k))];
        int f = inside.Length;
        double[] repeats = [.. context.Problem.Active.Select(i => copies?[i] ?? 1)];
        // Where every row has a parameter of its own nothing is left to judge by, on an edge or not.
        Degrees = repeats.Sum() > p ? (int)repeats.Sum() - f : 0;
        var normal = new double[f * f];
        for (int i = 0; i < n; i++)
        {
            double weight = context.Problem.Weights[context.Problem.Active[i]];
            for (int k = 0; k < f; k++)
            {
                for (int l = 0; l < f; l++)
                {
                    normal[(k * f) + l] += weight * space.Slopes[(i * p) + inside[k]] * space.Slopes[(i * p) + inside[l]];
                }
            }
        }

        ConditionNumber = copies is null ? JacobianCondition.Of(normal, f) : null;
        var inverse = new double[f * f];
        ErrorVariance error = ErrorVariance.Of(context.Problem, space.Residual.AsSpan(0, n), repeats, Degrees);
        RiseScale = 2 / (error.Bend * error.Value);
        // A singular Jacobian may pass for a regular one by rounding, with errors of any size.
        bool regular = copies is not null || ConditionNumber is not null;
        if (regular && Degrees > 0 && f > 0 && double.IsFinite(error.Value) && SymmetricMatrix.Invert(normal, f, inverse))
        {
            bool squares = context.Problem.Objective.Penalty == Penalty.Square;
            equal = [.. inverse.Select(v => v * error.Value)];
            robust = squares ? RobustSquares.Of(context.Problem, space, repeats, inside, inverse) : null;
            covariance = robust?.Covariance ?? (squares ? null : Sandwich.Of(context.Problem, space, repeats, inside, error)) ?? equal;
        }
    }

    /// <summary>A covariance that was summed elsewhere.</summary>
    /// <param name="context">The law in the coordinates of the search.</param>
    /// <param name="theta">The optimum.</param>
    /// <param name="inside">The f coordinates that are estimated.</param>
    /// <param name="covariance">[f, f]; null where there is none.</param>
    /// <param name="condition">As <see cref="ConditionNumber"/>.</param>
    /// <param name="degrees">As <see cref="Degrees"/>.</param>
    public Asymptotics(FitContext context, double[] theta, int[] inside, double[]? covariance, double? condition, int degrees)
    {
        this.context = context;
        this.theta = theta;
        this.inside = inside;
        this.covariance = covariance;
        ConditionNumber = condition;
        Degrees = degrees;
    }

    /// <summary>Largest over smallest singular value of the Jacobian with columns of unit length; null when singular.</summary>
    public double? ConditionNumber { get; }

    /// <summary>Points less free coordinates.</summary>
    public int Degrees { get; }

    /// <summary>Turns a rise of the objective (a weighted sum) into squared standard errors: 2/(E psi' tau^2), the reciprocal of the residual variance for squares.</summary>
    public double RiseScale { get; }

    /// <summary>Whether there are degrees of freedom and a regular Jacobian to judge by.</summary>
    public bool Exists => covariance is not null;

    /// <summary>Whether the residuals say by how much the objective may rise within an interval: they can where the Jacobian is singular, too.</summary>
    public bool CanJudgeRises => Degrees > 0 && RiseScale > 0 && double.IsFinite(RiseScale);

    /// <summary>Whether a coordinate sits on the edge of its domain.</summary>
    public static bool OnEdge(SearchModel model, double[] theta, int k) =>
        theta[k] <= model.Lower[k] + (1e-9 * Math.Max(1, Math.Abs(model.Lower[k]))) || theta[k] >= model.Upper[k] - (1e-9 * Math.Max(1, Math.Abs(model.Upper[k])));

    /// <summary>Standard error and interval of a function of the parameters; null when it does not move, is not finite or has no place on the axis.</summary>
    /// <param name="function">Of the law's parameters.</param>
    /// <param name="axis">Where the interval is symmetric; the error is of the value all the same.</param>
    /// <param name="confidence">In (0, 1).</param>
    public (double Error, Interval Interval)? Of(Func<double[], double> function, IntervalAxis axis, double confidence)
    {
        if (ErrorOf(function, axis) is not { } found)
        {
            return null;
        }

        double reach = StudentT.InvCDF(0, 1, DegreesOf(found.Slope, confidence), 0.5 + (0.5 * confidence)) * found.Error, value = axis.From(found.Place);
        return (axis.Pace(value) * found.Error, new Interval(axis.From(found.Place - reach), axis.From(found.Place + reach), confidence));
    }

    /// <summary>The place of a function of the parameters on an axis, and its standard error there.</summary>
    public (double Place, double Error, double[] Slope)? ErrorOf(Func<double[], double> function, IntervalAxis axis)
    {
        double value = function(context.Model.ToParameters(theta));
        if (covariance is null || !axis.Holds(value))
        {
            return null;
        }

        double[] slope = Slope(function, axis);
        double error = Math.Sqrt(Variance(slope, covariance));
        return double.IsFinite(error) && error > 0 ? (axis.To(value), error, slope) : null;
    }

    /// <summary>How many standard errors of equally large errors the signed root of the objective's rise may reach within an interval for a function of the parameters.</summary>
    public double ProfileLimit(Func<double[], double> function, double confidence)
    {
        double plain = StudentT.InvCDF(0, 1, Degrees, 0.5 + (0.5 * confidence));
        if (covariance is null || covariance == equal || equal.Length == 0)
        {
            return plain;
        }

        double[] slope = Slope(function, IntervalAxis.Value);
        double ratio = Math.Sqrt(Variance(slope, covariance) / Variance(slope, equal));
        // A sandwich of few rows comes out too small rather than too large, the more so beside a coordinate on its edge, which the profile lets move: only squares' own, which is corrected for both, narrows.
        ratio = robust is null ? Math.Max(1, ratio) : ratio;
        return double.IsFinite(ratio) && ratio > 0 ? ratio * StudentT.InvCDF(0, 1, DegreesOf(slope, confidence), 0.5 + (0.5 * confidence)) : plain;
    }

    /// <summary>Covariance of the free parameters inside their domain, positive ones on the logarithm; null when there is none.</summary>
    /// <param name="law">Names the parameters.</param>
    /// <param name="confidence">In (0, 1): of the intervals that will be made from it.</param>
    public ParameterCovariance? OfParameters(Law law, double confidence)
    {
        if (covariance is null)
        {
            return null;
        }

        int[] members = [.. inside.Select(k => context.Model.ParameterOf[k])];
        double[] values = context.Model.ToParameters(theta);
        bool[] logs = [.. members.Select(j => law.Parameters[j].Scale == ParameterScale.Log && values[j] > 0)];
        double[][] slopes = [.. members.Select((j, i) => Slope(p => p[j], logs[i] ? IntervalAxis.Logarithm : IntervalAxis.Value))];
        int f = inside.Length;
        var matrix = new double[f][];
        for (int a = 0; a < f; a++)
        {
            matrix[a] = new double[f];
            for (int b = 0; b < f; b++)
            {
                for (int k = 0; k < f; k++)
                {
                    for (int l = 0; l < f; l++)
                    {
                        matrix[a][b] += slopes[a][k] * covariance[(k * f) + l] * slopes[b][l];
                    }
                }
            }
        }

        return matrix.All(row => Array.TrueForAll(row, double.IsFinite))
            ? new ParameterCovariance([.. members.Select(j => law.Parameters[j].Name)], logs, matrix, slopes.Select(s => DegreesOf(s, confidence)).DefaultIfEmpty(Degrees).Min())
            : null;
    }

    private double DegreesOf(double[] slope, double confidence) => robust?.Degrees(slope, confidence) ?? Degrees;

    // Derivatives by the coordinates inside their domain.
    private double[] Slope(Func<double[], double> function, IntervalAxis axis)
    {
        var slope = new double[inside.Length];
        var shifted = (double[])theta.Clone();
        for (int k = 0; k < slope.Length; k++)
        {
            double h = 1e-5 * Math.Max(Math.Abs(theta[inside[k]]), 1e-2);
            shifted[inside[k]] = theta[inside[k]] + h;
            double high = function(context.Model.ToParameters(shifted));
            shifted[inside[k]] = theta[inside[k]] - h;
            double low = function(context.Model.ToParameters(shifted));
            shifted[inside[k]] = theta[inside[k]];
            slope[k] = (axis.To(high) - axis.To(low)) / (2 * h);
        }

        return slope;
    }

    private static double Variance(double[] slope, double[] covariance)
    {
        int f = slope.Length;
        double variance = 0;
        for (int k = 0; k < f; k++)
        {
            for (int l = 0; l < f; l++)
            {
                variance += slope[k] * slope[l] * covariance[(k * f) + l];
            }
        }

        return variance;
    }
}
