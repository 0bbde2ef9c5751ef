namespace Harness.Scaling;

/// <summary>Kaplan et al., 2001.08361, eq. 1.3: L(C) = (C_c/C)^alpha_c, C in FLOPs (the paper counts PF-days of 8.64e19 FLOPs).</summary>
public sealed class KaplanC : PowerTermsLaw
{
    /// <inheritdoc/>
    public override string Name => "kaplan-c";

    /// <inheritdoc/>
    public override string Source => "Kaplan et al. 2020, arXiv 2001.08361, eq. 1.3";

    /// <inheritdoc/>
    public override string Equation => "loss = (c_c/c)^alpha_c";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["c"];

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<PowerFactor>> Terms { get; } = [[new(0, 0, -1)]];

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; } =
    [
        LawParameter.Coefficient("c_c", "the c at which the law would reach a loss of 1, in units of c"),
        LawParameter.Exponent("alpha_c", "exponent of c"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<int> ScaleExponents { get; } = [0];

    /// <inheritdoc/>
    public override IReadOnlyList<DerivedQuantity> Derived { get; } =
    [
        new("coefficient", "c_c^alpha_c: loss = coefficient * c^exponent", p => Math.Exp(p[1] * Math.Log(p[0]))) { Axis = IntervalAxis.Logarithm },
        new("exponent", "-alpha_c", p => -p[1]),
    ];

    /// <inheritdoc/>
    public override Objective DefaultObjective => Objective.LogMse();

    /// <inheritdoc/>
    public override IEnumerable<double[]> ShapeStarts(Points points) => ExponentGrid.Singles(0.005, 3, 40);
}
