namespace Harness.Scaling;

/// <summary>Tao et al., 2407.13623, eq. 5: L_u = -E + A1/N_nv^alpha1 + A2/N_v^alpha2 + B/D^beta, the unigram-normalised loss from non-vocabulary parameters, vocabulary parameters and training characters. The offset is negative because the loss is measured against a unigram model.</summary>
public sealed class Vocabulary : PowerTermsLaw
{
    /// <inheritdoc/>
    public override string Name => "vocabulary";

    /// <inheritdoc/>
    public override string Source => "Tao et al. 2024, arXiv 2407.13623, eq. 5";

    /// <inheritdoc/>
    public override string Equation => "loss = -e + a1/n_nv^alpha1 + a2/n_v^alpha2 + b/d^beta";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["n_nv", "n_v", "d"];

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<PowerFactor>> Terms { get; } = [[], [new(0, 0, -1)], [new(1, 1, -1)], [new(2, 2, -1)]];

    /// <inheritdoc/>
    public override IReadOnlyList<int> TermSigns { get; } = [-1, 1, 1, 1];

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; } =
    [
        LawParameter.OfEitherSign("e", "how far below the unigram model the loss can fall"),
        LawParameter.Coefficient("a1", "cost of few non-vocabulary parameters"),
        LawParameter.Coefficient("a2", "cost of few vocabulary parameters"),
        LawParameter.Coefficient("b", "cost of little data"),
        LawParameter.Exponent("alpha1", "exponent of n_nv"),
        LawParameter.Exponent("alpha2", "exponent of n_v"),
        LawParameter.Exponent("beta", "exponent of d"),
    ];

    /// <inheritdoc/>
    public override bool HasPositiveTarget => false;

    /// <summary>The unigram-normalised loss is negative, so residuals are taken on values.</summary>
    public override Objective DefaultObjective => Objective.Huber(1e-3);

    /// <inheritdoc/>
    public override IEnumerable<double[]> ShapeStarts(Points points) => ExponentGrid.Product(ExponentGrid.Values(0.05, 1.5, 8), ExponentGrid.Values(0.05, 1.5, 8), ExponentGrid.Values(0.05, 1.5, 8));
}
