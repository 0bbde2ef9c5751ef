namespace Harness.Scaling;

/// <summary>Kaplan et al., 2001.08361, eq. 1.6: L(N, S_min) = (N_c/N)^alpha_n + (S_c/S_min)^alpha_s, S_min the steps corrected to an infinite batch (eq. 5.4).</summary>
public sealed class KaplanSteps : PowerTermsLaw
{
    /// <inheritdoc/>
    public override string Name => "kaplan-steps";

    /// <inheritdoc/>
    public override string Source => "Kaplan et al. 2020, arXiv 2001.08361, eq. 1.6";

    /// <inheritdoc/>
    public override string Equation => "loss = (n_c/n)^alpha_n + (s_c/steps)^alpha_s";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["n", "steps"];

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<PowerFactor>> Terms { get; } = [[new(0, 0, -1)], [new(1, 1, -1)]];

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; } =
    [
        LawParameter.Coefficient("n_c", "scale of n"),
        LawParameter.Coefficient("s_c", "scale of steps"),
        LawParameter.Exponent("alpha_n", "exponent of n"),
        LawParameter.Exponent("alpha_s", "exponent of steps"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<int> ScaleExponents { get; } = [0, 1];

    /// <inheritdoc/>
    public override IEnumerable<double[]> ShapeStarts(Points points) => ExponentGrid.Pairs(0.02, 2.0, 18);
}
