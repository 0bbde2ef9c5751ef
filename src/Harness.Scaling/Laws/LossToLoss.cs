namespace Harness.Scaling;

/// <summary>
/// Brandfonbrener et al., 2411.12925, eq. 4: the loss on one data set (or of one training set) from the loss <c>x</c> on another, L1 = K (L0 - E0)^kappa + E1.
/// </summary>
public sealed class LossToLoss : SeparableLaw
{
    /// <inheritdoc/>
    public override string Name => "loss-to-loss";

    /// <inheritdoc/>
    public override string Source => "Brandfonbrener et al. 2024, arXiv 2411.12925, eq. 4";

    /// <inheritdoc/>
    public override string Equation => "loss = e1 + k*(x - e0)^kappa";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["x"];

    /// <summary>The four constants trade against each other along a bent valley unless the data reach close to e0: symmetric intervals cover 58 %.</summary>
    public override bool HasBentValleys => true;

    /// <inheritdoc/>
    public override int CoefficientCount => 2;

    /// <inheritdoc/>
    public override Objective DefaultObjective => Objective.Mse();

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; } =
    [
        LawParameter.Coefficient("e1", "irreducible loss of the predicted side"),
        LawParameter.Coefficient("k", "slope where x - e0 = 1"),
        LawParameter.Exponent("kappa", "exponent; 1 is a straight line", 20),
        LawParameter.OfEitherSign("e0", "irreducible loss of the predicting side", 0),
    ];

    /// <inheritdoc/>
    public override void Basis(ReadOnlySpan<double> shape, ReadOnlySpan<double> variables, Span<double> basis)
    {
        basis[0] = 1;
        basis[1] = variables[0] > shape[1] ? Math.Pow(variables[0] - shape[1], shape[0]) : double.NaN;
    }

    /// <inheritdoc/>
    public override void BasisGradient(ReadOnlySpan<double> shape, ReadOnlySpan<double> variables, Span<double> basis, Span<double> derivative)
    {
        Basis(shape, variables, basis);
        derivative.Clear();
        double above = variables[0] - shape[1];
        derivative[2] = basis[1] * Math.Log(above);
        derivative[3] = -basis[1] * shape[0] / above;
    }

    /// <inheritdoc/>
    public override IEnumerable<double[]> ShapeStarts(Points points)
    {
        ArgumentNullException.ThrowIfNull(points);
        double least = points.Column("x").Min();
        double[] floors = [.. new[] { 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.995 }.Select(f => f * least)];
        return ExponentGrid.Product(ExponentGrid.Values(0.1, 5, 20), floors);
    }
}
