namespace Harness.Scaling;

/// <summary>Gadre et al., 2403.08540, eq. 5: downstream top-1 error from the loss, Err(L) = epsilon - k exp(-gamma L). The target column is <c>error</c>.</summary>
public sealed class OvertrainingError : SeparableLaw
{
    /// <inheritdoc/>
    public override string Name => "overtraining-error";

    /// <inheritdoc/>
    public override string Source => "Gadre et al. 2024, arXiv 2403.08540, eq. 5";

    /// <inheritdoc/>
    public override string Equation => "error = epsilon - k*exp(-gamma*loss)";

    /// <inheritdoc/>
    public override string Target => "error";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["loss"];

    /// <inheritdoc/>
    public override int CoefficientCount => 2;

    /// <inheritdoc/>
    public override Objective DefaultObjective => Objective.Mse();

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; } =
    [
        LawParameter.Coefficient("epsilon", "error at infinite loss: guessing"),
        LawParameter.Coefficient("k", "error gained per exp(-gamma loss)"),
        LawParameter.Exponent("gamma", "rate, per nat of loss", 50),
    ];

    /// <inheritdoc/>
    public override void Basis(ReadOnlySpan<double> shape, ReadOnlySpan<double> variables, Span<double> basis)
    {
        basis[0] = 1;
        basis[1] = -Math.Exp(-shape[0] * variables[0]);
    }

    /// <inheritdoc/>
    public override void BasisGradient(ReadOnlySpan<double> shape, ReadOnlySpan<double> variables, Span<double> basis, Span<double> derivative)
    {
        Basis(shape, variables, basis);
        derivative[0] = 0;
        derivative[1] = -variables[0] * basis[1];
    }

    /// <inheritdoc/>
    public override IEnumerable<double[]> ShapeStarts(Points points) => ExponentGrid.Singles(0.01, 20, 60);
}
