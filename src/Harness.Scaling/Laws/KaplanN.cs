namespace Harness.Scaling;

/// <summary>Kaplan et al., 2001.08361, eq. 1.1: L(N) = (N_c/N)^alpha_n, N in non-embedding parameters.</summary>
public sealed class KaplanN : PowerTermsLaw
{
    /// <inheritdoc/>
    public override string Name => "kaplan-n";

    /// <inheritdoc/>
    public override string Source => "Kaplan et al. 2020, arXiv 2001.08361, eq. 1.1";

    /// <inheritdoc/>
    public override string Equation => "loss = (n_c/n)^alpha_n";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["n"];

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<PowerFactor>> Terms { get; } = [[new(0, 0, -1)]];

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; } =
    [
        LawParameter.Coefficient("n_c", "the n at which the law would reach a loss of 1, in units of n"),
        LawParameter.Exponent("alpha_n", "exponent of n"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<int> ScaleExponents { get; } = [0];

    /// <inheritdoc/>
    public override IReadOnlyList<DerivedQuantity> Derived { get; } =
    [
        new("coefficient", "n_c^alpha_n: loss = coefficient * n^exponent", p => Math.Exp(p[1] * Math.Log(p[0]))) { Axis = IntervalAxis.Logarithm },
        new("exponent", "-alpha_n", p => -p[1]),
    ];

    /// <inheritdoc/>
    public override Objective DefaultObjective => Objective.LogMse();

    /// <inheritdoc/>
    public override IEnumerable<double[]> ShapeStarts(Points points) => ExponentGrid.Singles(0.005, 3, 40);
}
