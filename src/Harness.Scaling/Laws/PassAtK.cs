namespace Harness.Scaling;

/// <summary>
/// Brown et al., 2407.21787, section 3.1: coverage (the share of problems that at least one of k samples solves) follows an exponentiated power law,
/// coverage = exp(-coefficient k^exponent), exponent below 0. The target column is <c>coverage</c>, in (0, 1); the variable is <c>k</c>.
/// </summary>
public sealed class PassAtK : Law
{
    /// <inheritdoc/>
    public override string Name => "pass-at-k";

    /// <inheritdoc/>
    public override string Source => "Brown et al. 2024, arXiv 2407.21787, section 3.1";

    /// <inheritdoc/>
    public override string Equation => "coverage = exp(-coefficient * k^exponent)";

    /// <inheritdoc/>
    public override string Target => "coverage";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["k"];

    /// <inheritdoc/>
    public override Objective DefaultObjective => Objective.LogMse();

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; } =
    [
        LawParameter.Coefficient("coefficient", "-log coverage of one sample"),
        LawParameter.OfEitherSign("exponent", "slope of log(-log coverage) in log k", -10, 10),
    ];

    /// <inheritdoc/>
    public override double Evaluate(ReadOnlySpan<double> parameters, ReadOnlySpan<double> variables) =>
        Math.Exp(-parameters[0] * Math.Pow(variables[0], parameters[1]));

    /// <inheritdoc/>
    public override double Gradient(ReadOnlySpan<double> parameters, ReadOnlySpan<double> variables, Span<double> gradient)
    {
        double power = Math.Pow(variables[0], parameters[1]), value = Math.Exp(-parameters[0] * power);
        gradient[0] = -power * value;
        gradient[1] = -parameters[0] * power * Math.Log(variables[0]) * value;
        return value;
    }

    /// <inheritdoc/>
    public override IEnumerable<double[]> Starts(Points points)
    {
        ArgumentNullException.ThrowIfNull(points);
        double[] k = points.Column("k"), coverage = points.Column(Target);
        double centre = Math.Exp(k.Average(v => Math.Log(v)));
        double level = -Math.Log(Math.Clamp(coverage.Average(), 1e-6, 1 - 1e-6));
        foreach (double exponent in new[] { -2, -1, -0.6, -0.4, -0.25, -0.15, -0.08, -0.03, 0.1 })
        {
            foreach (double factor in new[] { 0.3, 1, 3 })
            {
                yield return [factor * level / Math.Pow(centre, exponent), exponent];
            }
        }
    }
}
