namespace Harness.Scaling;

/// <summary>
/// Kumar et al., 2411.04330, eqs. 2 and 3 and section 4: L = E + A/N_eff^alpha + B/D^beta + delta, N_eff = N prod_x (1 - exp(-P_x/gamma_x)) over the bits of weights, activations and
/// KV cache in training, delta = C_T D^gamma_d/N^gamma_n exp(-P_post/gamma_post) from quantising to P_post bits after training. Columns of bits that are missing, or infinite
/// throughout, count as full precision and their constants are not fitted.
/// </summary>
public sealed class Precision : SeparableLaw
{
    private static readonly (string Column, string Parameter)[] Bits = [("p_w", "gamma_w"), ("p_a", "gamma_a"), ("p_kv", "gamma_kv")];

    /// <inheritdoc/>
    public override string Name => "precision";

    /// <inheritdoc/>
    public override string Source => "Kumar et al. 2024, arXiv 2411.04330, eqs. 2 and 3 and section 4";

    /// <inheritdoc/>
    public override string Equation =>
        "loss = e + a/n_eff^alpha + b/d^beta + c_t*d^gamma_d/n^gamma_n*exp(-p_post/gamma_post); n_eff = n*(1-exp(-p_w/gamma_w))*(1-exp(-p_a/gamma_a))*(1-exp(-p_kv/gamma_kv))";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["n", "d", "p_w", "p_a", "p_kv", "p_post"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> MustVary { get; } = ["n", "d"];

    /// <inheritdoc/>
    public override int CoefficientCount => 4;

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; } =
    [
        LawParameter.Coefficient("e", "irreducible loss"),
        LawParameter.Coefficient("a", "loss per n_eff^-alpha"),
        LawParameter.Coefficient("b", "loss per d^-beta"),
        LawParameter.Coefficient("c_t", "scale of the loss added by quantising after training"),
        LawParameter.Exponent("alpha", "exponent of n_eff"),
        LawParameter.Exponent("beta", "exponent of d"),
        new("gamma_w", 1e-2, 1e3, ParameterScale.Log, "bits that weights need"),
        new("gamma_a", 1e-2, 1e3, ParameterScale.Log, "bits that activations need"),
        new("gamma_kv", 1e-2, 1e3, ParameterScale.Log, "bits that the KV cache needs"),
        LawParameter.Exponent("gamma_d", "how data make quantising after training worse"),
        LawParameter.Exponent("gamma_n", "how parameters make it better"),
        new("gamma_post", 1e-2, 1e3, ParameterScale.Log, "bits that quantising after training needs"),
    ];

    /// <inheritdoc/>
    public override bool Accepts(string variable, double value) => value > 0 && (double.IsFinite(value) || variable.StartsWith('p'));

    /// <inheritdoc/>
    public override double? Missing(string variable) => variable.StartsWith('p') ? double.PositiveInfinity : null;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> HeldBy(Points points)
    {
        ArgumentNullException.ThrowIfNull(points);
        var held = new Dictionary<string, double>();
        foreach ((string column, string parameter) in Bits)
        {
            if (!Finite(points, column))
            {
                held.Add(parameter, 1);
            }
        }

        if (!Finite(points, "p_post"))
        {
            held.Add("c_t", 0);
            held.Add("gamma_d", 0);
            held.Add("gamma_n", 0);
            held.Add("gamma_post", 1);
        }

        return held;
    }

    /// <inheritdoc/>
    public override void Basis(ReadOnlySpan<double> shape, ReadOnlySpan<double> variables, Span<double> basis)
    {
        double effective = variables[0] * Kept(variables[2], shape[2]) * Kept(variables[3], shape[3]) * Kept(variables[4], shape[4]);
        basis[0] = 1;
        basis[1] = Math.Exp(-shape[0] * Math.Log(effective));
        basis[2] = Math.Exp(-shape[1] * Math.Log(variables[1]));
        basis[3] = Math.Exp((shape[5] * Math.Log(variables[1])) - (shape[6] * Math.Log(variables[0])) - (variables[5] / shape[7]));
    }

    /// <inheritdoc/>
    public override void BasisGradient(ReadOnlySpan<double> shape, ReadOnlySpan<double> variables, Span<double> basis, Span<double> derivative)
    {
        Basis(shape, variables, basis);
        derivative.Clear();
        int q = ShapeCount;
        double log = Math.Log(variables[0]);
        for (int i = 0; i < 3; i++)
        {
            double bits = variables[2 + i], gamma = shape[2 + i], kept = Kept(bits, gamma);
            log += Math.Log(kept);
            // d log(1 - exp(-P/gamma)) / d gamma = -exp(-P/gamma) P/gamma^2 / kept; zero at full precision.
            double slope = double.IsPositiveInfinity(bits) ? 0 : -(1 - kept) * bits / (gamma * gamma * kept);
            derivative[q + 2 + i] = -shape[0] * slope * basis[1];
        }

        derivative[q] = -log * basis[1];
        derivative[(2 * q) + 1] = -Math.Log(variables[1]) * basis[2];
        if (basis[3] > 0)
        {
            derivative[(3 * q) + 5] = Math.Log(variables[1]) * basis[3];
            derivative[(3 * q) + 6] = -Math.Log(variables[0]) * basis[3];
            derivative[(3 * q) + 7] = variables[5] / (shape[7] * shape[7]) * basis[3];
        }
    }

    /// <inheritdoc/>
    public override BoundBasis BindBasis(Points points)
    {
        ArgumentNullException.ThrowIfNull(points);
        return new PrecisionColumns(this, points);
    }

    /// <inheritdoc/>
    public override IEnumerable<double[]> ShapeStarts(Points points)
    {
        double[] exponents = [0.15, 0.35, 0.7];
        bool post = Finite(points, "p_post");
        double[][] bits = [.. Bits.Select(b => Finite(points, b.Column) ? new[] { 0.7, 2, 5 } : [1])];
        return ExponentGrid.Product(exponents, exponents, bits[0], bits[1], bits[2], post ? [0.2, 0.6] : [0], post ? [0.2, 0.6] : [0], post ? [0.5, 1.5] : [1]);
    }

    private static bool Finite(Points points, string column) => points.TryColumn(column, out double[]? bits) && bits.Any(double.IsFinite);

    private static double Kept(double bits, double gamma) => double.IsPositiveInfinity(bits) ? 1 : 1 - Math.Exp(-bits / gamma);
}
