namespace Harness.Scaling;

/// <summary>Alabdulmohsin et al., 2209.06640, M3: y = coefficient (1/x + shift)^exponent, a power law that levels off once x passes 1/shift.</summary>
public sealed class ShiftedPower : SeparableLaw
{
    /// <inheritdoc/>
    public override string Name => "shifted-power";

    /// <inheritdoc/>
    public override string Source => "Alabdulmohsin et al. 2022, arXiv 2209.06640, M3";

    /// <inheritdoc/>
    public override string Equation => "loss = coefficient * (1/x + shift)^exponent";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["x"];

    /// <inheritdoc/>
    public override int CoefficientCount => 1;

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; } =
    [
        LawParameter.Coefficient("coefficient", "value where 1/x + shift = 1"),
        LawParameter.Exponent("exponent", "loss falls as x^-exponent before it levels off", 10),
        LawParameter.Coefficient("shift", "1/shift is the x at which it levels off"),
    ];

    /// <inheritdoc/>
    public override void Basis(ReadOnlySpan<double> shape, ReadOnlySpan<double> variables, Span<double> basis) =>
        basis[0] = Math.Pow((1 / variables[0]) + shape[1], shape[0]);

    /// <inheritdoc/>
    public override void BasisGradient(ReadOnlySpan<double> shape, ReadOnlySpan<double> variables, Span<double> basis, Span<double> derivative)
    {
        double inner = (1 / variables[0]) + shape[1];
        basis[0] = Math.Pow(inner, shape[0]);
        derivative[0] = basis[0] * Math.Log(inner);
        derivative[1] = basis[0] * shape[0] / inner;
    }

    /// <inheritdoc/>
    public override IEnumerable<double[]> ShapeStarts(Points points)
    {
        ArgumentNullException.ThrowIfNull(points);
        double[] x = points.Column("x");
        double low = x.Min(), high = x.Max();
        // From levelling off at once to never: far past the data the shift no longer matters.
        double[] shifts = [.. ExponentGrid.Values(1 / low, 1 / (high * 1e3), 24)];
        return ExponentGrid.Product(ExponentGrid.Values(0.02, 4, 24), shifts);
    }
}
