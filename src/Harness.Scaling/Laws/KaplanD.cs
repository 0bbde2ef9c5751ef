namespace Harness.Scaling;

/// <summary>Kaplan et al., 2001.08361, eq. 1.2: L(D) = (D_c/D)^alpha_d, D in tokens.</summary>
public sealed class KaplanD : PowerTermsLaw
{
    /// <inheritdoc/>
    public override string Name => "kaplan-d";

    /// <inheritdoc/>
    public override string Source => "Kaplan et al. 2020, arXiv 2001.08361, eq. 1.2";

    /// <inheritdoc/>
    public override string Equation => "loss = (d_c/d)^alpha_d";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["d"];

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<PowerFactor>> Terms { get; } = [[new(0, 0, -1)]];

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; } =
    [
        LawParameter.Coefficient("d_c", "the d at which the law would reach a loss of 1, in units of d"),
        LawParameter.Exponent("alpha_d", "exponent of d"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<int> ScaleExponents { get; } = [0];

    /// <inheritdoc/>
    public override IReadOnlyList<DerivedQuantity> Derived { get; } =
    [
        new("coefficient", "d_c^alpha_d: loss = coefficient * d^exponent", p => Math.Exp(p[1] * Math.Log(p[0]))) { Axis = IntervalAxis.Logarithm },
        new("exponent", "-alpha_d", p => -p[1]),
    ];

    /// <inheritdoc/>
    public override Objective DefaultObjective => Objective.LogMse();

    /// <inheritdoc/>
    public override IEnumerable<double[]> ShapeStarts(Points points) => ExponentGrid.Singles(0.005, 3, 40);
}
