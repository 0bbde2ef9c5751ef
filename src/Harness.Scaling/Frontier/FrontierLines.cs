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

    /// <summary>The parameters in the order of <see cref="Names"/>.</summary>
    public double[] Parameters => [N.Exponent, N.Coefficient, D.Exponent, D.Coefficient];
}
