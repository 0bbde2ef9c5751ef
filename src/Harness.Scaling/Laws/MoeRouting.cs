namespace Harness.Scaling;

/// <summary>
/// Clark et al., 2202.01169, eqs. 7 and 8: log10 L(N, E) = a log10 N + b log10 E^ + c log10 N log10 E^ + d, where the number of experts saturates:
/// 1/E^ = 1/(E - 1 + (1/e_start - 1/e_max)^-1) + 1/e_max.
/// </summary>
public sealed class MoeRouting : Law
{
    private static readonly double Ten = Math.Log(10);

    /// <inheritdoc/>
    public override string Name => "moe-routing";

    /// <inheritdoc/>
    public override string Source => "Clark et al. 2022, arXiv 2202.01169, eqs. 7 and 8";

    /// <inheritdoc/>
    public override string Equation => "log10 loss = a*log10 n + b*log10 x + c*log10 n*log10 x + d; 1/x = 1/(experts - 1 + 1/(1/e_start - 1/e_max)) + 1/e_max";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["n", "experts"];

    /// <inheritdoc/>
    public override Objective DefaultObjective => Objective.LogMse();

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; } =
    [
        LawParameter.OfEitherSign("a", "slope in log10 n without experts"),
        LawParameter.OfEitherSign("b", "slope in log10 experts at n = 1"),
        LawParameter.OfEitherSign("c", "how much less experts help large models"),
        LawParameter.OfEitherSign("d", "log10 loss at n = 1 and one effective expert"),
        new("e_start", 1e-3, 1e6, ParameterScale.Log, "effective experts of a dense model"),
        new("e_max", 1, 1e9, ParameterScale.Log, "effective experts at infinitely many"),
    ];

    /// <inheritdoc/>
    public override double Evaluate(ReadOnlySpan<double> parameters, ReadOnlySpan<double> variables)
    {
        if (!(parameters[4] < parameters[5]))
        {
            return double.NaN;
        }

        double x = Math.Log10(Saturated(parameters[4], parameters[5], variables[1])), n = Math.Log10(variables[0]);
        return Math.Exp(Ten * ((parameters[0] * n) + (parameters[1] * x) + (parameters[2] * n * x) + parameters[3]));
    }

    /// <inheritdoc/>
    public override double Gradient(ReadOnlySpan<double> parameters, ReadOnlySpan<double> variables, Span<double> gradient)
    {
        double start = parameters[4], max = parameters[5];
        if (!(start < max))
        {
            gradient.Fill(double.NaN);
            return double.NaN;
        }

        double saturated = Saturated(start, max, variables[1]);
        double x = Math.Log10(saturated), n = Math.Log10(variables[0]);
        double loss = Math.Exp(Ten * ((parameters[0] * n) + (parameters[1] * x) + (parameters[2] * n * x) + parameters[3]));
        double scale = Ten * loss, perX = scale * (parameters[1] + (parameters[2] * n));
        gradient[0] = scale * n;
        gradient[1] = scale * x;
        gradient[2] = scale * n * x;
        gradient[3] = scale;
        // With h = 1/(1/start - 1/max) and E^ = 1/(1/(E-1+h) + 1/max): dE^/dh = (E^/(E-1+h))^2, dh/dstart = (h/start)^2, dh/dmax = -(h/max)^2.
        double h = 1 / ((1 / start) - (1 / max)), shifted = variables[1] - 1 + h;
        double perH = saturated * saturated / (shifted * shifted), perLog = perX / (Ten * saturated);
        gradient[4] = perLog * perH * h * h / (start * start);
        gradient[5] = perLog * (((saturated * saturated) - (perH * h * h)) / (max * max));
        return loss;
    }

    /// <summary>For a grid of saturation constants, the exact least-squares plane in the logarithms.</summary>
    public override IEnumerable<double[]> Starts(Points points)
    {
        ArgumentNullException.ThrowIfNull(points);
        double[] n = points.Column("n"), experts = points.Column("experts"), loss = points.Column(Target);
        foreach (double start in new[] { 0.5, 1, 2, 4, 8 })
        {
            foreach (double max in new[] { 1.5, 5, 20, 100, 1000 })
            {
                double top = max * experts.Max();
                double[] gram = new double[16], right = new double[4];
                for (int i = 0; i < n.Length; i++)
                {
                    double ln = Math.Log10(n[i]), x = Math.Log10(Saturated(start, top, experts[i])), y = Math.Log10(loss[i]);
                    double[] row = [ln, x, ln * x, 1];
                    for (int a = 0; a < 4; a++)
                    {
                        right[a] += row[a] * y;
                        for (int b = 0; b < 4; b++)
                        {
                            gram[(a * 4) + b] += row[a] * row[b] * (a == b ? 1 + 1e-12 : 1);
                        }
                    }
                }

                if (start < top && SymmetricMatrix.Factor(gram, 4))
                {
                    SymmetricMatrix.Solve(gram, 4, right);
                    yield return [.. right, start, top];
                }
            }
        }
    }

    private static double Saturated(double start, double max, double experts) => 1 / ((1 / (experts - 1 + (1 / ((1 / start) - (1 / max))))) + (1 / max));
}
