using System.Globalization;
using Harness.Reporting.Fits;
using Harness.Scaling;

namespace Harness.Cli.Fitting;

/// <summary>Answers questions about one fit, with intervals from its draws, or from the covariance of its parameters.</summary>
internal sealed class Predictor
{
    private readonly FitRecord fit;
    private readonly Law? law;
    private readonly double[] parameters;
    private readonly IReadOnlyList<double[]> draws;

    private Predictor(FitRecord fit, Law? law, double[] parameters, IReadOnlyList<double[]> draws)
    {
        this.fit = fit;
        this.law = law;
        this.parameters = parameters;
        this.draws = draws;
    }

    /// <summary>Binds a fit to its law.</summary>
    /// <exception cref="UserMistakeException">The law is not known here, or its parameters are other ones.</exception>
    public static Predictor Of(FitRecord fit)
    {
        Law? law;
        try
        {
            law = LawNames.Find(fit.Law);
        }
        catch (FitRefusedException)
        {
            throw new UserMistakeException($"law {fit.Law}: it is not known to this version; there is {string.Join(", ", LawCatalog.Names)}; fit again.");
        }

        string[] names = Names(law);
        double[] Ordered(IReadOnlyDictionary<string, double> values) => [.. names.Select(n => values.TryGetValue(n, out double v)
            ? v
            : throw new UserMistakeException($"law {fit.Law}: the fit has no parameter {n}; {string.Join(", ", names)} are needed; fit again."))];

        IReadOnlyList<double[]> draws = [];
        if (fit.Draws is { } packed)
        {
            try
            {
                draws = [.. packed.Unpack().Select(d => Ordered(packed.Parameters.Zip(d).ToDictionary(p => p.First, p => p.Second)))];
            }
            catch (FormatException e)
            {
                throw new UserMistakeException($"draws of {fit.Law}: {e.Message} Fit again.", e);
            }
        }

        return new Predictor(fit, law, Ordered(fit.Parameters), draws);
    }

    /// <summary>The answer for the variables given, or for a loss to reach.</summary>
    /// <exception cref="UserMistakeException">Too much or too little is given for this law.</exception>
    /// <exception cref="FitRefusedException">The law cannot answer.</exception>
    public Prediction Answer(IReadOnlyDictionary<string, double> given, double? targetLoss)
    {
        if (targetLoss is { } loss)
        {
            if (given.Count > 0)
            {
                throw new UserMistakeException($"--target-loss: it stands alone; {string.Join(", ", given.Keys.Select(k => "--" + k))} cannot be given with it; remove one.");
            }

            return law is { Variables: [var only] }
                ? Asked(given, targetLoss, [only], p => [Inverse(p, loss)])
                : Asked(given, targetLoss, ["c", "n", "d"], p => Least(p, loss));
        }

        if (given.Count == 0)
        {
            throw new UserMistakeException($"harness predict: nothing was asked; {Wanted()} is needed; give it.");
        }

        bool computeOnly = given.Count == 1 && given.TryGetValue("c", out _);
        if (law is null)
        {
            return computeOnly
                ? Asked(given, null, ["n", "d"], p => [p[1] * Math.Pow(given["c"], p[0]), p[3] * Math.Pow(given["c"], p[2])])
                : throw new UserMistakeException($"law {fit.Law}: it answers the best n and d for a compute; --c X is needed; give that alone.");
        }

        if (computeOnly && law.OptimumAt(parameters, given["c"]) is not null)
        {
            return Asked(given, null, ["n", "d", law.Target], p => law.OptimumAt(p, given["c"]) is { } o ? [o.N, o.D, o.Loss] : [double.NaN, double.NaN, double.NaN]);
        }

        double[] at = [.. law.Variables.Select(v => VariableAt(v, given))];
        return Asked(given, null, [law.Target], p => [law.Evaluate(p, at)]);
    }

    private double VariableAt(string variable, IReadOnlyDictionary<string, double> given)
    {
        if (given.TryGetValue(variable, out double value))
        {
            return value;
        }

        bool n = given.TryGetValue("n", out double ns), d = given.TryGetValue("d", out double ds), c = given.TryGetValue("c", out double cs);
        return variable switch
        {
            "c" when n && d => 6 * ns * ds,
            "n" when c && d => cs / (6 * ds),
            "d" when c && n => cs / (6 * ns),
            _ when law!.Missing(variable) is { } without => without,
            "m" when n && d => ds / ns,
            "m" when n && c => cs / (6 * ns * ns),
            "m" when d && c => 6 * ds * ds / cs,
            _ => throw new UserMistakeException($"--{variable}: {fit.Law} reads {string.Join(", ", law!.Variables)}; {Wanted()} is needed; give what is missing."),
        };
    }

    private string Wanted()
    {
        if (law is null)
        {
            return "--c X";
        }

        string variables = string.Join(" ", law.Variables.Select(v => v is "n" or "d" or "c" or "x" or "unique" ? $"--{v} X" : $"--var {v}=X"));
        return law.OptimumAt(parameters, 1e20) is null ? variables : $"{variables}, --c X or --target-loss X";
    }

    private double[] Least(ReadOnlySpan<double> p, double loss)
    {
        if (law is null)
        {
            throw new UserMistakeException($"--target-loss: {fit.Law} knows no loss; a law such as chinchilla is needed; ask a fit of one.");
        }

        (double compute, double n, double d, _) = ComputeFrontier.ForLoss(law, p, loss);
        return [compute, n, d];
    }

    /// <summary>Where a law of one variable takes a value, by bisection over 1e-6 .. 1e60; laws of one variable fall or rise throughout.</summary>
    private double Inverse(ReadOnlySpan<double> p, double value)
    {
        double low = -6, high = 60;
        double atLow = law!.Evaluate(p, [Math.Pow(10, low)]), atHigh = law.Evaluate(p, [Math.Pow(10, high)]);
        if (!((atLow - value) * (atHigh - value) < 0))
        {
            throw new FitRefusedException(
                RefusalReason.InvalidVariable,
                string.Create(CultureInfo.InvariantCulture, $"{law.Name} never takes the value {value}: between {law.Variables[0]} = 1e-6 and 1e60 it goes from {FitText.Number(atLow, 6)} to {FitText.Number(atHigh, 6)}."),
                "Ask for a value in between.");
        }

        for (int i = 0; i < 200; i++)
        {
            double middle = 0.5 * (low + high);
            bool sameAsLow = (law.Evaluate(p, [Math.Pow(10, middle)]) - value) * (atLow - value) > 0;
            (low, high) = sameAsLow ? (middle, high) : (low, middle);
        }

        return Math.Pow(10, 0.5 * (low + high));
    }

    private Prediction Asked(IReadOnlyDictionary<string, double> given, double? targetLoss, string[] names, Question question)
    {
        double[] best = question(parameters);
        List<string> notes = [];
        PredictionIntervals intervals = draws.Count > 0
            ? PredictionIntervals.OverDraws(fit.Draws!, draws, fit.Confidence, question, notes)
            : PredictionIntervals.ByCovariance(fit, Names(law), parameters, [.. names.Select(name => law is null || name != law.Target || law.HasPositiveTarget)], question, notes);
        PredictedValue[] values = [.. names.Select((name, i) => new PredictedValue(name, best[i], intervals.Of(i)))];
        notes.AddRange(names.Zip(best).Concat(given.Select(g => (First: g.Key, Second: g.Value))).Select(v => Outside(v.First, v.Second)).OfType<string>());
        if (fit.Converged == false)
        {
            notes.Add("The fit did not converge.");
        }

        return new Prediction(fit.Law, given, targetLoss, fit.Confidence, intervals.Draws, intervals.Basis, values, notes);
    }

    private static string[] Names(Law? law) => law is null ? ["n_exponent", "n_coefficient", "d_exponent", "d_coefficient"] : [.. law.Parameters.Select(p => p.Name)];

    private string? Outside(string variable, double value)
    {
        if (!fit.Ranges.TryGetValue(variable, out double[]? range) || (value >= range[0] && value <= range[1]))
        {
            return null;
        }

        return value > range[1]
            ? $"Extrapolation: {variable} = {FitText.Number(value, 4)} is {FitText.Number(value / range[1], 3)} times the largest fitted one ({FitText.Number(range[1], 4)})."
            : $"Extrapolation: {variable} = {FitText.Number(value, 4)} is {FitText.Number(range[0] / value, 3)} times below the smallest fitted one ({FitText.Number(range[0], 4)}).";
    }
}
