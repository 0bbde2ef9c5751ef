namespace Harness.Scaling;

/// <summary>A pure power law, y = coefficient x^exponent; under log-mse an ordinary least-squares line in log-log axes.</summary>
public sealed class Power : PowerTermsLaw
{
    /// <inheritdoc/>
    public override string Name => "power";

    /// <inheritdoc/>
    public override string Source => "ordinary power law (Alabdulmohsin et al. 2022, arXiv 2209.06640, M1; Kaplan et al. 2020, arXiv 2001.08361, eqs. 1.1-1.3 with negative exponents)";

    /// <inheritdoc/>
    public override string Equation => "loss = coefficient * x^exponent";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["x"];

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<PowerFactor>> Terms { get; } = [[new(0, 0, 1)]];

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; } =
    [
        LawParameter.Coefficient("coefficient", "value at x = 1"),
        LawParameter.OfEitherSign("exponent", "slope in log-log axes; negative for losses that fall", -10, 10),
    ];

    /// <inheritdoc/>
    public override Objective DefaultObjective => Objective.LogMse();

    /// <inheritdoc/>
    public override IEnumerable<double[]> ShapeStarts(Points points) => ExponentGrid.Product([.. ExponentGrid.Values(0.02, 3, 24).Reverse().Select(v => -v), 0, .. ExponentGrid.Values(0.02, 3, 24)]);
}
