using System.Globalization;

namespace Harness.Scaling;

/// <summary>Several laws judged by how they predict the same rows kept back.</summary>
/// <param name="Fits">Laws that could be fitted, best hold-out first.</param>
/// <param name="Refusals">Why others could not, by name.</param>
/// <param name="ConstantError">Mean relative error, on the same rows, of the best constant: what no scaling at all would give.</param>
/// <param name="Chosen">The simplest law that no other beats beyond chance; null when a constant does as well.</param>
/// <param name="Statement">One plain sentence.</param>
public sealed record LawComparison(
    IReadOnlyList<FitResult> Fits, IReadOnlyDictionary<string, string> Refusals, double ConstantError, string? Chosen, string Statement)
{
    // A richer law must cut the error of a simpler one by this share, and by more than a standard error of the difference, to be worth its parameters.
    private const double WorthIt = 0.1;

    /// <summary>Fits each law without the rows kept back (by default those at the largest value of the laws' first variable), and compares.</summary>
    /// <exception cref="FitRefusedException">The laws predict different columns, or none could be fitted.</exception>
    public static LawComparison Of(Points points, IReadOnlyList<string> laws, FitOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(laws);
        Law[] found = [.. laws.Select(LawCatalog.Find)];
        if (found.Select(l => l.Target).Distinct().Count() != 1)
        {
            throw new FitRefusedException(RefusalReason.InvalidOption, "The laws to compare do not predict the same column.", "Compare laws of one target.");
        }

        FitOptions settings = options ?? new FitOptions();
        settings = settings with { Holdout = settings.Holdout ?? Holdout.Largest(found[0].Variables[0]) };
        List<FitResult> fits = [];
        var refusals = new Dictionary<string, string>();
        foreach (Law law in found)
        {
            try
            {
                fits.Add(Fitter.Fit(points, law, settings));
            }
            catch (FitRefusedException refusal)
            {
                refusals[law.Name] = refusal.Message;
            }
        }

        if (fits.Count == 0)
        {
            throw new FitRefusedException(RefusalReason.NoFiniteFit, $"None of the laws could be fitted: {string.Join(" ", refusals.Select(r => $"{r.Key}: {r.Value}"))}", "Add points.");
        }

        fits = [.. fits.OrderBy(f => f.Holdout!.MeanRelativeError)];
        // The constant that is best for relative errors of the fitted rows is close to their geometric mean.
        double constant = Math.Exp(fits[0].Observations.Average(y => Math.Log(y)));
        double[] byConstant = [.. fits[0].Holdout!.Rows.Select(r => Math.Abs((constant - r.Observed) / r.Observed))];
        (string? chosen, string statement) = Judge(fits, byConstant);
        return new LawComparison(fits, refusals, byConstant.Average(), chosen, statement);
    }

    private static (string? Chosen, string Statement) Judge(List<FitResult> fits, double[] byConstant)
    {
        FitResult[] simplestFirst = [.. fits.OrderBy(f => f.Parameters.Count)];
        FitResult? chosen = null;
        double[] errors = byConstant;
        foreach (FitResult fit in simplestFirst)
        {
            double[] own = [.. fit.Holdout!.Rows.Select(r => Math.Abs(r.RelativeError))];
            if (Beats(own, errors))
            {
                (chosen, errors) = (fit, own);
            }
        }

        if (chosen is null)
        {
            return (null, "No scaling: a constant fits as well.");
        }

        string error = string.Create(CultureInfo.InvariantCulture, $"{chosen.Law} predicts the {chosen.Holdout!.Points} rows kept back to {100 * chosen.Holdout.MeanRelativeError:G2} % on average");
        string reach = chosen.Holdout.IsExtrapolation
            ? string.Create(CultureInfo.InvariantCulture, $" ({chosen.Holdout.Distance:G3} times beyond the fitted {chosen.Holdout.DistanceVariable})")
            : " (interpolation)";
        return (chosen.Law, Kind(chosen) + error + reach + ".");
    }

    private static string Kind(FitResult chosen)
    {
        string unit = chosen.Variables[0] == "c" ? " FLOP" : $" {chosen.Variables[0]}";
        if (chosen.Law.StartsWith("bnsl", StringComparison.Ordinal))
        {
            string[] places = [.. chosen.Parameters.Where(p => p.Key[0] == 'd').OrderBy(p => p.Value).Select(p => p.Value.ToString("0.#E+0", CultureInfo.InvariantCulture))];
            return places.Length == 1 ? $"A break near {places[0]}{unit}: " : $"Breaks near {string.Join(" and ", places)}{unit}: ";
        }

        return chosen.Parameters.Count == 2
            ? "One power law is enough: "
            : chosen.Law == "power-offset" ? string.Create(CultureInfo.InvariantCulture, $"One power law above a floor of {chosen.Parameters["offset"]:G4} is enough: ") : string.Empty;
    }

    private static bool Beats(double[] richer, double[] simpler)
    {
        double[] gains = [.. simpler.Zip(richer, (s, r) => s - r)];
        double gain = gains.Average();
        double error = gains.Length > 2 ? Quantiles.Deviation(gains) / Math.Sqrt(gains.Length) : 0;
        return gain > WorthIt * simpler.Average() && gain > error;
    }
}
