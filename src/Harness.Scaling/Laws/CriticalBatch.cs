namespace Harness.Scaling;

/// <summary>Kaplan et al., 2001.08361, eq. 5.3: the critical batch size B_crit(L) = B_*/L^(1/alpha_B), predicted from the loss. The target column is <c>batch</c>, in tokens.</summary>
public sealed class CriticalBatch : PowerTermsLaw
{
    /// <inheritdoc/>
    public override string Name => "bcrit";

    /// <inheritdoc/>
    public override string Source => "Kaplan et al. 2020, arXiv 2001.08361, eqs. 1.4 and 5.3";

    /// <inheritdoc/>
    public override string Equation => "batch = b_star / loss^inverse_alpha_b";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["loss"];

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<PowerFactor>> Terms { get; } = [[new(0, 0, -1)]];

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; } =
    [
        LawParameter.Coefficient("b_star", "critical batch at a loss of 1, in units of batch"),
        LawParameter.Exponent("inverse_alpha_b", "1/alpha_B: the critical batch grows as loss^-inverse_alpha_b", 50),
    ];

    /// <inheritdoc/>
    public override string Target => "batch";

    /// <inheritdoc/>
    public override IReadOnlyList<DerivedQuantity> Derived { get; } = [new("alpha_b", "1/inverse_alpha_b", p => 1 / p[1]) { Axis = IntervalAxis.Logarithm }];

    /// <inheritdoc/>
    public override Objective DefaultObjective => Objective.LogMse();

    /// <inheritdoc/>
    public override IEnumerable<double[]> ShapeStarts(Points points) => ExponentGrid.Singles(0.1, 40, 40);
}
