using Harness.Scaling;

namespace Harness.Reporting.Plots;

/// <summary>A fitted law as a figure sees it: a formula, a value, and how sure it is.</summary>
public sealed record FittedLaw
{
    /// <summary>The law's name, as in fits.json.</summary>
    public required string Law { get; init; }

    /// <summary>The formula with its fitted numbers, for example L = 1.69 + 406/N^{0.34}.</summary>
    public required Markup Formula { get; init; }

    /// <summary>What <see cref="Loss"/> takes, in order: <c>n</c>, <c>d</c> or <c>c</c>.</summary>
    public required IReadOnlyList<string> Variables { get; init; }

    /// <summary>The loss, nats a token, at values of the variables.</summary>
    public required Func<double[], double> Loss { get; init; }

    /// <summary>Ends of the interval of the loss at values of the variables; null where none was computed.</summary>
    public Func<double[], (double Low, double High)>? Band { get; init; }

    /// <summary>The probability that the band is meant to cover.</summary>
    public double Confidence { get; init; } = 0.95;

    /// <summary>The lowest loss at a compute C = 6ND when N and D may be traded; null where the law has no such trade.</summary>
    public Func<double, (double N, double D, double Loss)>? Optimum { get; init; }

    /// <summary>Whether the law is a function of this variable alone.</summary>
    public bool IsOf(string variable) => Variables.Count == 1 && Variables[0] == variable;

    /// <summary>A law of the catalogue with its parameters.</summary>
    /// <param name="law">The law; its target must be the loss.</param>
    /// <param name="parameters">In the law's order.</param>
    /// <param name="draws">Resampled parameters, each in the law's order; fewer than 40 give no band.</param>
    /// <param name="confidence">The probability that the band is meant to cover.</param>
    public static FittedLaw Of(Law law, double[] parameters, IReadOnlyList<double[]> draws, double confidence = 0.95)
    {
        ArgumentNullException.ThrowIfNull(law);
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(draws);
        return new FittedLaw
        {
            Law = law.Name,
            Formula = LawFormula.Of(law.Equation, law.Parameters.Select((p, i) => KeyValuePair.Create(p.Name, parameters[i]))),
            Variables = law.Variables,
            Loss = x => law.Evaluate(parameters, x),
            Band = draws.Count >= FewestDraws ? x => Quantiles(law, draws, x, confidence) : null,
            Confidence = confidence,
            Optimum = law.OptimumAt(parameters, 1e18) is null ? null : c => law.OptimumAt(parameters, c)!.Value,
        };
    }

    /// <summary>With fewer resamples the 2.5 % quantile would be the extreme one.</summary>
    private const int FewestDraws = 40;

    private static (double Low, double High) Quantiles(Law law, IReadOnlyList<double[]> draws, double[] x, double confidence)
    {
        double[] values = [.. draws.Select(d => law.Evaluate(d, x)).Where(double.IsFinite).Order()];
        return values.Length < FewestDraws
            ? (double.NaN, double.NaN)
            : (At((1 - confidence) / 2), At((1 + confidence) / 2));

        double At(double probability)
        {
            double place = probability * (values.Length - 1);
            int below = (int)place;
            return below + 1 == values.Length ? values[below] : values[below] + ((place - below) * (values[below + 1] - values[below]));
        }
    }
}
