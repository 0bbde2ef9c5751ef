namespace Harness.Scaling;

/// <summary>Hoffmann et al., 2203.15556, eq. 2: L = E + A/N^alpha + B/D^beta.</summary>
public sealed class Chinchilla : PowerTermsLaw
{
    /// <inheritdoc/>
    public override string Name => "chinchilla";

    /// <inheritdoc/>
    public override string Source => "Hoffmann et al. 2022, arXiv 2203.15556, eq. 2 and approach 3";

    /// <inheritdoc/>
    public override string Equation => "loss = e + a/n^alpha + b/d^beta";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["n", "d"];

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<PowerFactor>> Terms { get; } = [[], [new(0, 0, -1)], [new(1, 1, -1)]];

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; } =
    [
        LawParameter.Coefficient("e", "irreducible loss, in the loss's unit"),
        LawParameter.Coefficient("a", "loss per n^-alpha"),
        LawParameter.Coefficient("b", "loss per d^-beta"),
        LawParameter.Exponent("alpha", "exponent of n"),
        LawParameter.Exponent("beta", "exponent of d"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<DerivedQuantity> Derived { get; } =
    [
        new("n_opt_exponent", "a = beta/(alpha+beta): the compute-optimal n grows as c^a", p => p[4] / (p[3] + p[4])) { Axis = IntervalAxis.Odds },
        new("d_opt_exponent", "b = alpha/(alpha+beta): the compute-optimal d grows as c^b", p => p[3] / (p[3] + p[4])) { Axis = IntervalAxis.Odds },
        new("g", "G = (alpha a / (beta b))^(1/(alpha+beta)): n_opt = G (c/6)^a, d_opt = (c/6)^b / G (eq. 4)", p => Math.Pow(p[3] * p[1] / (p[4] * p[2]), 1 / (p[3] + p[4]))) { Axis = IntervalAxis.Logarithm },
    ];

    /// <inheritdoc/>
    public override IEnumerable<double[]> ShapeStarts(Points points) => ExponentGrid.Pairs(0.04, 2.0, 18);

    /// <summary>
    /// The 4,500 starts of Hoffmann et al. (2203.15556, appendix D.3): log a and log b in {0, 5, ..., 25}, log e in {-1, -0.5, ..., 1}, alpha and beta in {0, 0.5, ..., 2}
    /// (as published for n in parameters and d in tokens).
    /// </summary>
    public override IEnumerable<double[]> Starts(Points points)
    {
        for (double alpha = 0; alpha <= 2; alpha += 0.5)
        {
            for (double beta = 0; beta <= 2; beta += 0.5)
            {
                for (double logE = -1; logE <= 1; logE += 0.5)
                {
                    for (double logA = 0; logA <= 25; logA += 5)
                    {
                        for (double logB = 0; logB <= 25; logB += 5)
                        {
                            yield return [Math.Exp(logE), Math.Exp(logA), Math.Exp(logB), alpha, beta];
                        }
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public override (double N, double D, double Loss)? OptimumAt(ReadOnlySpan<double> parameters, double compute)
    {
        double alpha = parameters[3], beta = parameters[4], sixth = compute / 6;
        double logG = Math.Log(alpha * parameters[1] / (beta * parameters[2])) / (alpha + beta);
        double n = Math.Exp(logG + (beta / (alpha + beta) * Math.Log(sixth)));
        double d = sixth / n;
        return (n, d, Evaluate(parameters, [n, d]));
    }
}
