namespace Harness.Scaling;

/// <summary>
/// Alabdulmohsin et al., 2209.06640, M4: (y - e_inf)/(e_0 - y)^alpha = beta x^c with c below 0: a power law that begins at the loss of guessing e_0 and ends at e_inf. The
/// prediction solves this for y, which lies between the two and is unique because the left side grows with y.
/// </summary>
public sealed class M4 : Law
{
    /// <inheritdoc/>
    public override string Name => "m4";

    /// <inheritdoc/>
    public override string Source => "Alabdulmohsin et al. 2022, arXiv 2209.06640, M4";

    /// <inheritdoc/>
    public override string Equation => "(loss - e_inf)/(e_0 - loss)^alpha = beta * x^c";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["x"];

    /// <summary>Symmetric intervals cover 92 %.</summary>
    public override bool HasBentValleys => true;

    /// <inheritdoc/>
    public override Objective DefaultObjective => Objective.LogMse();

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; } =
    [
        LawParameter.Coefficient("e_inf", "loss at infinite x"),
        LawParameter.Coefficient("e_0", "loss at x = 0: guessing"),
        LawParameter.Exponent("alpha", "how long the curve stays near e_0", 20),
        LawParameter.Coefficient("beta", "scale of the power law"),
        LawParameter.OfEitherSign("c", "exponent, negative for losses that fall", -10, 0),
    ];

    /// <inheritdoc/>
    public override double Evaluate(ReadOnlySpan<double> parameters, ReadOnlySpan<double> variables)
    {
        double span = parameters[1] - parameters[0];
        return span > 0
            ? parameters[0] + (span * Share(parameters[2], LogLevel(parameters, variables[0], span)))
            : double.NaN;
    }

    /// <inheritdoc/>
    public override double Gradient(ReadOnlySpan<double> parameters, ReadOnlySpan<double> variables, Span<double> gradient)
    {
        double alpha = parameters[2], span = parameters[1] - parameters[0];
        if (!(span > 0))
        {
            gradient.Fill(double.NaN);
            return double.NaN;
        }

        // ln w - alpha ln(1 - w) = t with w the share of the span and t = ln beta + c ln x + (alpha - 1) ln span.
        double w = Share(alpha, LogLevel(parameters, variables[0], span));
        double slope = w * (1 - w) / (1 - w + (alpha * w));
        double perSpan = w + (slope * (alpha - 1));
        gradient[0] = 1 - perSpan;
        gradient[1] = perSpan;
        gradient[2] = w < 1 ? span * slope * (Math.Log(1 - w) + Math.Log(span)) : 0;
        gradient[3] = span * slope / parameters[3];
        gradient[4] = span * slope * Math.Log(variables[0]);
        return parameters[0] + (span * w);
    }

    /// <inheritdoc/>
    public override IEnumerable<double[]> Starts(Points points)
    {
        ArgumentNullException.ThrowIfNull(points);
        double[] loss = points.Column(Target), x = points.Column("x");
        double least = loss.Min(), most = loss.Max(), middle = Math.Exp(x.Average(v => Math.Log(v)));
        double typical = Math.Exp(loss.Average(v => Math.Log(v)));
        foreach (double floor in new[] { 0.01, 0.3, 0.6, 0.8, 0.9, 0.97 })
        {
            foreach (double top in new[] { 1.01, 1.1, 1.5, 3, 10 })
            {
                foreach (double alpha in new[] { 0.05, 0.3, 1, 2 })
                {
                    foreach (double c in new[] { -0.03, -0.1, -0.2, -0.4, -0.7, -1.2, -2 })
                    {
                        double bottom = floor * least, ceiling = top * most;
                        double beta = (typical - bottom) / Math.Pow(ceiling - typical, alpha) / Math.Pow(middle, c);
                        yield return [bottom, ceiling, alpha, beta, c];
                    }
                }
            }
        }
    }

    private static double LogLevel(ReadOnlySpan<double> p, double x, double span) => Math.Log(p[3]) + (p[4] * Math.Log(x)) + ((p[2] - 1) * Math.Log(span));

    // Solves ln w - alpha ln(1 - w) = t for w in (0, 1) by Newton on logit w, which the equation bends only slightly.
    private static double Share(double alpha, double t)
    {
        if (double.IsNaN(t))
        {
            return double.NaN;
        }

        double low = -745, high = 745, z = Math.Clamp(alpha > 1 && t > 0 ? t / alpha : t, -700, 700);
        for (int i = 0; i < 200; i++)
        {
            // ln w = -ln(1 + e^-z), ln(1 - w) = -ln(1 + e^z).
            double logW = z > 0 ? -Math.Log(1 + Math.Exp(-z)) : z - Math.Log(1 + Math.Exp(z));
            double logRest = logW - z;
            double error = logW - (alpha * logRest) - t;
            double w = Math.Exp(logW);
            if (error > 0)
            {
                high = z;
            }
            else
            {
                low = z;
            }

            double next = z - (error / Math.Max(1 - w + (alpha * w), 1e-300));
            if (!(next > low && next < high))
            {
                next = 0.5 * (low + high);
            }

            if (Math.Abs(next - z) <= 1e-15 * Math.Max(1, Math.Abs(z)))
            {
                z = next;
                break;
            }

            z = next;
        }

        return z > 0 ? 1 / (1 + Math.Exp(-z)) : Math.Exp(z) / (1 + Math.Exp(z));
    }
}
