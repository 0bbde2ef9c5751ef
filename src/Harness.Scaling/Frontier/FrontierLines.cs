namespace Harness.Scaling;

/// <summary>Optima at several budgets, and the power laws of n and d through them.</summary>
internal sealed record FrontierLines(IReadOnlyList<BudgetOptimum> Optima, LogLine N, LogLine D)
{
    /// <summary>Names of the four parameters in their order.</summary>
    public static readonly string[] Names = ["n_exponent", "n_coefficient", "d_exponent", "d_coefficient"];

    /// <summary>Draws the lines; null with fewer than two budgets.</summary>
    public static FrontierLines? Through(IReadOnlyList<BudgetOptimum> optima)
    {
        double[] compute = [.. optima.Select(o => o.Compute)];
        return compute.Distinct().Count() < 2
            ? null
            : new FrontierLines(optima, LogLine.Fit(compute, [.. optima.Select(o => o.N)]), LogLine.Fit(compute, [.. optima.Select(o => o.D)]));
    }

    /// <summary>Covariance of exponents and log coefficients; the two lines are taken as independent. Null without degrees of freedom.</summary>
    public ParameterCovariance? Covariance()
    {
        if (N.Degrees <= 0 || D.Degrees <= 0)
        {
            return null;
        }

        double[][] matrix = [.. Enumerable.Range(0, 4).Select(_ => new double[4])];
        foreach ((LogLine line, int first) in new[] { (N, 0), (D, 2) })
        {
            matrix[first][first] = line.ExponentError * line.ExponentError;
            matrix[first + 1][first + 1] = line.LogCoefficientError * line.LogCoefficientError;
            matrix[first][first + 1] = matrix[first + 1][first] = line.Covariance;
        }

        return new ParameterCovariance(Names, [false, true, false, true], matrix, N.Degrees);
    }

    /// <summary>The parameters in the order of <see cref="Names"/>.</summary>
    public double[] Parameters => [N.Exponent, N.Coefficient, D.Exponent, D.Coefficient];
}
