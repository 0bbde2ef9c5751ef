using Harness.Reporting.Fits;
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

    /// <summary>
    /// The law of an entry of fits.json, as the figures' axes see it; null where it predicts something else than the loss, or counts N, D or C in
    /// another way than the axes (<c>non_embedding_params</c>, <c>tokens</c>, <c>train_flops</c>).
    /// </summary>
    public static FittedLaw? Of(FitRecord fit)
    {
        ArgumentNullException.ThrowIfNull(fit);
        if (!LawCatalog.Laws.Any(l => l.Name == fit.Law) || LawCatalog.Find(fit.Law) is not { Target: "loss" } law || law.Variables.Any(v => AxisOf(v, fit.Conventions) is null)
            || law.Parameters.Any(p => !fit.Parameters.ContainsKey(p.Name)))
        {
            return null;
        }

        double[] parameters = [.. law.Parameters.Select(p => fit.Parameters[p.Name])];
        var axes = law.Variables.ToDictionary(v => v, v => AxisOf(v, fit.Conventions)!, StringComparer.Ordinal);
        return new FittedLaw
        {
            Law = law.Name,
            Formula = LawFormula.Of(law.Equation, fit.Parameters, axes),
            Variables = [.. law.Variables.Select(v => axes[v])],
            Loss = x => law.Evaluate(parameters, x),
            Band = LawBand.Of(law, parameters, fit),
            Confidence = fit.Confidence,
            Optimum = law.OptimumAt(parameters, 1e18) is null ? null : c => law.OptimumAt(parameters, c)!.Value,
        };
    }

    /// <summary>Which axis a law's variable is, by the column that it was read from.</summary>
    internal static string? AxisOf(string variable, IReadOnlyDictionary<string, string> conventions) =>
        !conventions.TryGetValue(variable, out string? column) ? (variable is "n" or "d" or "c" ? variable : null)
        : column.Split(' ')[0] switch
        {
            "non_embedding_params" => "n",
            "tokens" => "d",
            "train_flops" => "c",
            "c/(6*d)" when AxisOf("c", conventions) == "c" && AxisOf("d", conventions) == "d" => "n",
            "6*n*d" when AxisOf("n", conventions) == "n" && AxisOf("d", conventions) == "d" => "c",
            _ => null,
        };
}
