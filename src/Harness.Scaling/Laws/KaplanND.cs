namespace Harness.Scaling;

/// <summary>
/// Kaplan et al., 2001.08361, eq. 1.5: L(N, D) = ((A/N)^(alpha/beta) + B/D)^beta, with A = N_c, B = D_c, alpha = alpha_N and beta = alpha_D in the paper's letters; and, as
/// <c>kaplan-nd-e</c>, the same above an irreducible loss E.
/// </summary>
public sealed class KaplanND : Law
{
    private readonly bool offset;

    /// <summary>Creates the law with or without an irreducible loss.</summary>
    public KaplanND(bool offset)
    {
        this.offset = offset;
        Name = offset ? "kaplan-nd-e" : "kaplan-nd";
        LawParameter[] shape =
        [
            LawParameter.Coefficient("a", "scale of n (N_c)"),
            LawParameter.Coefficient("b", "scale of d (D_c)"),
            LawParameter.Coefficient("alpha", "exponent of n (alpha_N)"),
            LawParameter.Coefficient("beta", "exponent of d (alpha_D)"),
        ];
        Parameters = offset ? [LawParameter.Coefficient("e", "irreducible loss"), .. shape] : shape;
        Equation = (offset ? "loss = e + " : "loss = ") + "((a/n)^(alpha/beta) + b/d)^beta";
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Source => "Kaplan et al. 2020, arXiv 2001.08361, eq. 1.5";

    /// <inheritdoc/>
    public override string Equation { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["n", "d"];

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; }

    /// <summary>Above an irreducible loss the valley bends: symmetric intervals cover 98 %.</summary>
    public override bool HasBentValleys => offset;

    /// <inheritdoc/>
    public override double Evaluate(ReadOnlySpan<double> parameters, ReadOnlySpan<double> variables)
    {
        ReadOnlySpan<double> p = offset ? parameters[1..] : parameters;
        double logU = p[2] / p[3] * Math.Log(p[0] / variables[0]), logV = Math.Log(p[1] / variables[1]);
        double power = Math.Exp(p[3] * LogSum(logU, logV));
        return offset ? parameters[0] + power : power;
    }

    /// <inheritdoc/>
    public override double Gradient(ReadOnlySpan<double> parameters, ReadOnlySpan<double> variables, Span<double> gradient)
    {
        ReadOnlySpan<double> p = offset ? parameters[1..] : parameters;
        Span<double> g = offset ? gradient[1..] : gradient;
        double a = p[0], b = p[1], alpha = p[2], beta = p[3];
        double logAN = Math.Log(a / variables[0]);
        double logU = alpha / beta * logAN, logV = Math.Log(b / variables[1]), logSum = LogSum(logU, logV);
        double power = Math.Exp(beta * logSum), shareU = Math.Exp(logU - logSum), shareV = Math.Exp(logV - logSum);
        g[0] = power * shareU * alpha / a;
        g[1] = power * beta * shareV / b;
        g[2] = power * shareU * logAN;
        g[3] = power * (logSum - (shareU * logU));
        if (offset)
        {
            gradient[0] = 1;
        }

        return offset ? parameters[0] + power : power;
    }

    /// <inheritdoc/>
    public override IEnumerable<double[]> Starts(Points points)
    {
        ArgumentNullException.ThrowIfNull(points);
        double[] loss = points.Column(Target);
        double typical = loss.Average(), least = loss.Min();
        double n = Math.Exp(points.Column("n").Average(v => Math.Log(v))), d = Math.Exp(points.Column("d").Average(v => Math.Log(v)));
        double[] floors = offset ? [0.02, 0.3, 0.6, 0.8, 0.92] : [0];
        double[] exponents = offset ? [0.05, 0.1, 0.2, 0.35, 0.6, 1] : [0.02, 0.04, 0.07, 0.1, 0.15, 0.25, 0.4, 0.7];
        foreach (double floor in floors)
        {
            double excess = typical - (floor * least);
            foreach (double alpha in exponents)
            {
                foreach (double beta in exponents)
                {
                    foreach (double share in new[] { 0.1, 0.3, 0.5, 0.7, 0.9 })
                    {
                        // At the centre the n-term makes up that share of the inner sum, which is excess^(1/beta).
                        double inner = Math.Pow(excess, 1 / beta);
                        double a = n * Math.Pow(share * inner, beta / alpha), b = d * (1 - share) * inner;
                        yield return offset ? [floor * least, a, b, alpha, beta] : [a, b, alpha, beta];
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public override (double N, double D, double Loss)? OptimumAt(ReadOnlySpan<double> parameters, double compute)
    {
        // (a/n)^(alpha/beta) + 6 b n/c is least where (alpha/beta) (a/n)^(alpha/beta) = 6 b n/c.
        ReadOnlySpan<double> p = offset ? parameters[1..] : parameters;
        double ratio = p[2] / p[3];
        double logN = (Math.Log(ratio) + (ratio * Math.Log(p[0])) - Math.Log(6 * p[1] / compute)) / (1 + ratio);
        double n = Math.Exp(logN), d = compute / (6 * n);
        return (n, d, Evaluate(parameters, [n, d]));
    }

    private static double LogSum(double x, double y)
    {
        double high = Math.Max(x, y);
        return high + Math.Log(1 + Math.Exp(Math.Min(x, y) - high));
    }
}
