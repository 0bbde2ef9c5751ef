namespace Harness.Scaling;

/// <summary>A power law above a floor, y = offset + coefficient x^exponent (M2 of Alabdulmohsin et al., 2209.06640).</summary>
public sealed class PowerOffset : PowerTermsLaw
{
    /// <inheritdoc/>
    public override string Name => "power-offset";

    /// <inheritdoc/>
    public override string Source => "Alabdulmohsin et al. 2022, arXiv 2209.06640, M2; Henighan et al. 2020, arXiv 2010.14701, eq. 1.1";

    /// <inheritdoc/>
    public override string Equation => "loss = offset + coefficient * x^exponent";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["x"];

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<PowerFactor>> Terms { get; } = [[], [new(0, 0, 1)]];

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; } =
    [
        LawParameter.Coefficient("offset", "the floor: the value at infinite x (for negative exponents)"),
        LawParameter.Coefficient("coefficient", "value above the floor at x = 1"),
        LawParameter.OfEitherSign("exponent", "negative for losses that fall", -10, 10),
    ];

    /// <inheritdoc/>
    public override IEnumerable<double[]> ShapeStarts(Points points) => ExponentGrid.Product([.. ExponentGrid.Values(0.02, 3, 24).Reverse().Select(v => -v), 0, .. ExponentGrid.Values(0.02, 3, 24)]);
}
