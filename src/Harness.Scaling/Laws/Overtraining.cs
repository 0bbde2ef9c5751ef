namespace Harness.Scaling;

/// <summary>Gadre et al., 2403.08540, eq. 4: L(C, M) = E + (a M^eta + b M^-eta) C^-eta, M = D/N tokens per parameter: over-training keeps the exponent and moves the coefficient.</summary>
public sealed class Overtraining : PowerTermsLaw
{
    /// <inheritdoc/>
    public override string Name => "overtraining";

    /// <inheritdoc/>
    public override string Source => "Gadre et al. 2024, arXiv 2403.08540, eq. 4";

    /// <inheritdoc/>
    public override string Equation => "loss = e + (a*m^eta + b*m^-eta) * c^-eta";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["c", "m"];

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<PowerFactor>> Terms { get; } = [[], [new(1, 0, 1), new(0, 0, -1)], [new(1, 0, -1), new(0, 0, -1)]];

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; } =
    [
        LawParameter.Coefficient("e", "irreducible loss"),
        LawParameter.Coefficient("a", "cost of few parameters: grows with m"),
        LawParameter.Coefficient("b", "cost of few tokens: falls with m"),
        LawParameter.Exponent("eta", "exponent of c"),
    ];

    /// <inheritdoc/>
    public override Objective DefaultObjective => Objective.Mse();

    /// <inheritdoc/>
    public override IEnumerable<double[]> ShapeStarts(Points points) => ExponentGrid.Singles(0.005, 2, 60);

    /// <inheritdoc/>
    public override (double N, double D, double Loss)? OptimumAt(ReadOnlySpan<double> parameters, double compute)
    {
        // a m^eta + b m^-eta is least at m = (b/a)^(1/(2 eta)), whatever the compute.
        double m = Math.Pow(parameters[2] / parameters[1], 1 / (2 * parameters[3]));
        double n = Math.Sqrt(compute / (6 * m));
        return (n, n * m, Evaluate(parameters, [compute, m]));
    }
}
