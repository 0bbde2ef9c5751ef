namespace Harness.Scaling;

/// <summary>
/// Muennighoff et al., 2305.16264, eqs. 5 and 6 with appendix A: L = E + A/N'^alpha + B/D'^beta, where repeated data and excess parameters count less and less:
/// D' = U + U R_D* (1 - exp(-R_D/R_D*)), R_D = D/U - 1, N' = U_N + U_N R_N* (1 - exp(-R_N/R_N*)), R_N = N/U_N - 1. U is the number of unique tokens (at most D) and
/// U_N = min(N, the n that the law without repetition finds compute-optimal for U tokens).
/// </summary>
public sealed class DataConstrained : Law
{
    // Past this a decay constant is infinite for every data set: no repetition in the literature exceeds a few thousand epochs.
    private const double Endless = 1e5;

    /// <inheritdoc/>
    public override string Name => "data-constrained";

    /// <inheritdoc/>
    public override string Source => "Muennighoff et al. 2023, arXiv 2305.16264, eqs. 5-6 and appendix A";

    /// <inheritdoc/>
    public override string Equation =>
        "loss = e + a/n'^alpha + b/d'^beta; d' = u + u*rd_star*(1-exp(-(d/u-1)/rd_star)), u = min(unique, d); n' = un + un*rn_star*(1-exp(-(n/un-1)/rn_star)), "
        + "un = min(n, g*(u*g)^(beta/alpha)), g = (alpha*a/(beta*b))^(1/(alpha+beta))";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["n", "d", "unique"];

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; } =
    [
        LawParameter.Coefficient("e", "irreducible loss"),
        LawParameter.Coefficient("a", "loss per n'^-alpha"),
        LawParameter.Coefficient("b", "loss per d'^-beta"),
        new("alpha", 1e-3, 5, ParameterScale.Linear, "exponent of n'"),
        new("beta", 1e-3, 5, ParameterScale.Linear, "exponent of d'"),
        new("rd_star", 1e-3, Endless, ParameterScale.Log, "repetitions after which data have lost 1 - 1/e of their worth"),
        new("rn_star", 1e-3, Endless, ParameterScale.Log, "the same for excess parameters"),
    ];

    /// <inheritdoc/>
    public override double Evaluate(ReadOnlySpan<double> parameters, ReadOnlySpan<double> variables)
    {
        Terms t = Effective(parameters, variables);
        return parameters[0] + Math.Exp(Math.Log(parameters[1]) - (parameters[3] * Math.Log(t.N))) + Math.Exp(Math.Log(parameters[2]) - (parameters[4] * Math.Log(t.D)));
    }

    /// <inheritdoc/>
    public override double Gradient(ReadOnlySpan<double> parameters, ReadOnlySpan<double> variables, Span<double> gradient)
    {
        double a = parameters[1], b = parameters[2], alpha = parameters[3], beta = parameters[4], rd = parameters[5], rn = parameters[6];
        Terms t = Effective(parameters, variables);
        double first = Math.Exp(Math.Log(a) - (alpha * Math.Log(t.N))), second = Math.Exp(Math.Log(b) - (beta * Math.Log(t.D)));
        gradient[0] = 1;
        gradient[1] = first / a;
        gradient[2] = second / b;
        gradient[3] = -first * Math.Log(t.N);
        gradient[4] = -second * Math.Log(t.D);
        double decayD = Math.Exp(-t.RepeatsD / rd), decayN = Math.Exp(-t.RepeatsN / rn);
        gradient[5] = -beta * second / t.D * t.Unique * (1 - decayD - (decayD * t.RepeatsD / rd));
        gradient[6] = -alpha * first / t.N * t.UniqueN * (1 - decayN - (decayN * t.RepeatsN / rn));
        if (t.UniqueN < variables[0])
        {
            // n' also moves with u_n, which moves with a, b, alpha and beta: d n'/d u_n, then d log u_n.
            double perUnique = 1 + (rn * (1 - decayN)) - (decayN * variables[0] / t.UniqueN);
            double pull = -alpha * first / t.N * perUnique * t.UniqueN;
            double s = alpha + beta, ratio = beta / alpha, logG = Math.Log(alpha * a / (beta * b)) / s;
            double perG = 1 + ratio;
            gradient[1] += pull * perG / (s * a);
            gradient[2] -= pull * perG / (s * b);
            gradient[3] += pull * ((perG * ((1 / (alpha * s)) - (logG / s))) - (ratio / alpha * (Math.Log(t.Unique) + logG)));
            gradient[4] += pull * ((perG * ((-1 / (beta * s)) - (logG / s))) + ((Math.Log(t.Unique) + logG) / alpha));
        }

        return parameters[0] + first + second;
    }

    /// <summary>Chinchilla-like constants for the data's own scale, crossed with the paper's grid of R_D* and R_N* (appendix A: 0 to 20 in steps of 4) and longer ones.</summary>
    public override IEnumerable<double[]> Starts(Points points)
    {
        ArgumentNullException.ThrowIfNull(points);
        double[] loss = points.Column(Target);
        double n = Math.Exp(points.Column("n").Average(v => Math.Log(v))), d = Math.Exp(points.Column("d").Average(v => Math.Log(v)));
        double typical = Math.Exp(loss.Average(v => Math.Log(v))), least = loss.Min();
        double[] decays = [0.5, 2, 5, 10, 20, 100, Endless / 2];
        foreach (double floor in new[] { 0.2, 0.5, 0.7, 0.9 })
        {
            double excess = typical - (floor * least);
            foreach (double alpha in new[] { 0.15, 0.3, 0.45, 0.7 })
            {
                foreach (double beta in new[] { 0.15, 0.3, 0.45, 0.7 })
                {
                    foreach (double share in new[] { 0.3, 0.6 })
                    {
                        foreach (double rd in decays)
                        {
                            foreach (double rn in decays)
                            {
                                yield return [floor * least, share * excess * Math.Pow(n, alpha), (1 - share) * excess * Math.Pow(d, beta), alpha, beta, rd, rn];
                            }
                        }
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> MustVary { get; } = ["n", "d"];

    private static Terms Effective(ReadOnlySpan<double> p, ReadOnlySpan<double> v)
    {
        double unique = Math.Min(v[2], v[1]), repeatsD = (v[1] / unique) - 1;
        double logG = Math.Log(p[3] * p[1] / (p[4] * p[2])) / (p[3] + p[4]);
        double optimal = Math.Exp(logG + (p[4] / p[3] * (Math.Log(unique) + logG)));
        double uniqueN = Math.Min(v[0], optimal), repeatsN = (v[0] / uniqueN) - 1;
        double d = unique * (1 + (p[5] * -Expm1(-repeatsD / p[5]))), n = uniqueN * (1 + (p[6] * -Expm1(-repeatsN / p[6])));
        return new Terms(n, d, unique, repeatsD, uniqueN, repeatsN);
    }

    // e^x - 1 without cancellation near 0 (decay constants far above the repetitions).
    private static double Expm1(double x) => Math.Abs(x) < 1e-5 ? x * (1 + (x / 2) + (x * x / 6)) : Math.Exp(x) - 1;

    private readonly record struct Terms(double N, double D, double Unique, double RepeatsD, double UniqueN, double RepeatsN);
}
