using System.Globalization;
using Harness.Reporting.Fits;
using Harness.Scaling;
using MathNet.Numerics.Distributions;

namespace Harness.Cli.Fitting;

/// <summary>What a law answers at some parameters: one number or several.</summary>
internal delegate double[] Question(ReadOnlySpan<double> parameters);

/// <summary>Intervals of a law's answers. They are of the law itself; a single run scatters about it.</summary>
/// <param name="Ends">[low, high] for each answer; null where there is no honest one.</param>
/// <param name="Draws">Number of draws behind them; 0 without.</param>
/// <param name="Basis">What they come from, in words.</param>
internal sealed record PredictionIntervals(IReadOnlyList<double[]?> Ends, int Draws, string Basis)
{
    // Quantiles of fewer draws say nothing of tails.
    private const int FewestDraws = 20;

    // A half-width of so many times the answer comes from a valley that is nowhere straight for so long.
    private const double VagueShare = 5;

    public double[]? Of(int answer) => answer < Ends.Count ? Ends[answer] : null;

    /// <summary>Quantiles of the answers over draws of the parameters.</summary>
    /// <param name="record">Where the draws come from; says how far out an interval's ends are.</param>
    /// <param name="draws">Its draws, unpacked.</param>
    /// <param name="confidence">In (0, 1).</param>
    /// <param name="question">What is asked of each.</param>
    /// <param name="notes">Takes what the reader must know.</param>
    public static PredictionIntervals OverDraws(DrawsRecord record, IReadOnlyList<double[]> draws, double confidence, Question question, List<string> notes)
    {
        List<double[]> answers = [];
        foreach (double[] draw in draws)
        {
            if (Answer(question, draw) is { } answer)
            {
                answers.Add(answer);
            }
        }

        if (answers.Count < draws.Count)
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"{draws.Count - answers.Count} of {draws.Count} draws have no answer and are not in the interval, which is too narrow for it."));
        }

        return answers.Count < FewestDraws
            ? new PredictionIntervals([], answers.Count, "")
            : new PredictionIntervals(
                [.. Enumerable.Range(0, answers[0].Length).Select(i =>
                {
                    (double low, double high) = record.IntervalOf(answers.Select(a => a[i]), confidence);
                    return new[] { low, high };
                })],
                answers.Count,
                string.Create(CultureInfo.InvariantCulture, $"over {answers.Count} draws"));
    }

    /// <summary>By the covariance of the parameters and the answer's slopes (the delta method), with Student's t; on the logarithm of answers that are positive by their nature.</summary>
    public static PredictionIntervals ByCovariance(FitRecord fit, string[] parameterNames, double[] parameters, bool[] positive, Question question, List<string> notes)
    {
        if (fit.Covariance is not { } covariance || covariance.Parameters.Count == 0)
        {
            notes.Add(fit.StoppedBy == "evaluated"
                ? "There is no interval: the parameters were given, not fitted."
                : "There is no interval: the fit has neither draws nor a covariance; fit again, with --bootstrap 1000 where the covariance does not exist.");
            return new PredictionIntervals([], 0, "");
        }

        string[] known = [.. parameterNames.Except(covariance.Parameters)];
        if (known.Length > 0)
        {
            notes.Add($"The interval takes {string.Join(", ", known)} as known (fixed, or on the edge of {(known.Length == 1 ? "its" : "their")} domain); draws by --bootstrap would let {(known.Length == 1 ? "it" : "them")} move.");
        }

        int f = covariance.Parameters.Count;
        var slopes = new double[f][];
        for (int k = 0; k < f; k++)
        {
            int j = Array.IndexOf(parameterNames, covariance.Parameters[k]);
            double step = 1e-3 * Math.Sqrt(covariance.Matrix[k][k]);
            double[]? high = Answer(question, Moved(parameters, j, covariance.OnLogarithm[k], step)), low = Answer(question, Moved(parameters, j, covariance.OnLogarithm[k], -step));
            if (high is null || low is null)
            {
                notes.Add("There is no interval: the law has no answer next to the fitted parameters.");
                return new PredictionIntervals([], 0, "");
            }

            slopes[k] = [.. high.Zip(low, (a, b) => step > 0 ? (a - b) / (2 * step) : 0)];
        }

        double[] best = question(parameters);
        double reach = StudentT.InvCDF(0, 1, covariance.Degrees, 0.5 + (0.5 * fit.Confidence));
        bool vague = false;
        double[]?[] ends =
        [
            .. best.Select((value, i) =>
            {
                double variance = 0;
                for (int k = 0; k < f; k++)
                {
                    for (int l = 0; l < f; l++)
                    {
                        variance += slopes[k][i] * covariance.Matrix[k][l] * slopes[l][i];
                    }
                }

                double error = reach * Math.Sqrt(Math.Max(variance, 0));
                if (error > VagueShare * Math.Abs(value))
                {
                    vague = true;
                    return null;
                }

                return positive[i] && value > 0
                    ? new[] { value * Math.Exp(-error / value), value * Math.Exp(error / value) }
                    : new[] { value - error, value + error };
            }),
        ];
        if (vague)
        {
            notes.Add("There is no interval: the data leave the parameters so open that a straight line along their valley says nothing of this answer; fit again with --bootstrap 1000.");
        }

        return new PredictionIntervals(ends, 0, "by the parameters' covariance");
    }

    private static double[] Moved(double[] parameters, int index, bool onLogarithm, double step)
    {
        double[] moved = [.. parameters];
        moved[index] = onLogarithm ? moved[index] * Math.Exp(step) : moved[index] + step;
        return moved;
    }

    private static double[]? Answer(Question question, double[] at)
    {
        try
        {
            double[] answer = question(at);
            return Array.TrueForAll(answer, double.IsFinite) ? answer : null;
        }
        catch (FitRefusedException)
        {
            // The law at these parameters never reaches the loss asked for.
            return null;
        }
    }
}
