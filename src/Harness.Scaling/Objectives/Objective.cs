using System.Globalization;

namespace Harness.Scaling;

/// <summary>The penalty on one residual.</summary>
public enum Penalty
{
    /// <summary>r^2 (no half: the sum is the sum of squares, the mean is the mean squared error).</summary>
    Square,

    /// <summary>|r|.</summary>
    Absolute,

    /// <summary>r^2/2 within delta, delta (|r| - delta/2) outside (Huber 1964).</summary>
    Huber,

    /// <summary>|r|, times the over-weight where the prediction lies above the observation.</summary>
    AsymmetricAbsolute,
}

/// <summary>
/// What a fit minimises: a penalty on residuals (prediction minus observation, of logarithms or of values), times each point's weight, summed or averaged as the literature prints it.
/// </summary>
public sealed record Objective
{
    private Objective()
    {
    }

    /// <summary>The name in the grammar of <see cref="Parse"/>, without arguments.</summary>
    public required string Name { get; init; }

    /// <summary>The penalty on one residual.</summary>
    public required Penalty Penalty { get; init; }

    /// <summary>Whether residuals are differences of natural logarithms.</summary>
    public required bool OnLogarithms { get; init; }

    /// <summary>Whether the value is the weighted mean; otherwise the weighted sum.</summary>
    public required bool IsMean { get; init; }

    /// <summary>Huber's threshold in the residuals' unit; null for penalties without one.</summary>
    public double? Delta { get; init; }

    /// <summary>Weight of residuals where the prediction is too high; null for symmetric penalties.</summary>
    public double? OverWeight { get; init; }

    /// <summary>Sum of Huber penalties on log residuals (Hoffmann et al., 2203.15556, eq. 3, delta = 1e-3).</summary>
    public static Objective LogHuber(double delta = 1e-3) => Make("log-huber", Penalty.Huber, true, false) with { Delta = Positive(delta, "delta") };

    /// <summary>Sum of absolute log residuals.</summary>
    public static Objective LogLad() => Make("log-lad", Penalty.Absolute, true, false);

    /// <summary>Mean of squared log residuals.</summary>
    public static Objective LogMse() => Make("log-mse", Penalty.Square, true, true);

    /// <summary>Sum of Huber penalties on residuals.</summary>
    public static Objective Huber(double delta) => Make("huber", Penalty.Huber, false, false) with { Delta = Positive(delta, "delta") };

    /// <summary>Mean of squared residuals.</summary>
    public static Objective Mse() => Make("mse", Penalty.Square, false, true);

    /// <summary>Sum of absolute residuals.</summary>
    public static Objective Lad() => Make("lad", Penalty.Absolute, false, false);

    /// <summary>Mean of absolute residuals, those with too high a prediction weighted.</summary>
    /// <param name="overWeight">Weight where the prediction exceeds the observation; above 1 the curve hugs the data from below.</param>
    public static Objective AsymmetricMae(double overWeight) =>
        Make("asymmetric-mae", Penalty.AsymmetricAbsolute, false, true) with { OverWeight = Positive(overWeight, "the weight") };

    /// <summary>This objective as a sum or a mean over the points, whatever its own habit.</summary>
    public Objective Averaged(bool mean) => this with { IsMean = mean };

    /// <summary>The penalty of one residual.</summary>
    public double PenaltyOf(double residual)
    {
        double size = Math.Abs(residual);
        return Penalty switch
        {
            Penalty.Square => residual * residual,
            Penalty.Absolute => size,
            Penalty.Huber => size <= Delta!.Value ? 0.5 * residual * residual : Delta.Value * (size - (0.5 * Delta.Value)),
            _ => residual > 0 ? OverWeight!.Value * size : size,
        };
    }

    /// <summary>The residual of one point: prediction minus observation, of logarithms if <see cref="OnLogarithms"/>.</summary>
    public double Residual(double observed, double predicted) => OnLogarithms ? Math.Log(predicted) - Math.Log(observed) : predicted - observed;

    /// <summary>The objective's value as the literature prints it.</summary>
    /// <param name="observed">[n].</param>
    /// <param name="predicted">[n].</param>
    /// <param name="weights">[n], or empty for weight 1 everywhere. A mean divides by the weights' sum.</param>
    public double Value(ReadOnlySpan<double> observed, ReadOnlySpan<double> predicted, ReadOnlySpan<double> weights = default)
    {
        double sum = 0, total = 0;
        for (int i = 0; i < observed.Length; i++)
        {
            double weight = weights.IsEmpty ? 1 : weights[i];
            total += weight;
            sum += weight * PenaltyOf(Residual(observed[i], predicted[i]));
        }

        return IsMean ? sum / total : sum;
    }

    /// <summary>
    /// Reads <c>log-huber</c>, <c>log-huber(0.001)</c>, <c>log-lad</c>, <c>log-mse</c>, <c>huber(0.01)</c>, <c>mse</c>, <c>lad</c>, <c>asymmetric-mae(10)</c>,
    /// optionally after <c>sum:</c> or <c>mean:</c>, which overrides what the name implies.
    /// </summary>
    /// <param name="text">The objective.</param>
    /// <param name="delta">Huber's threshold when the text gives none; null for 1e-3.</param>
    /// <exception cref="FitRefusedException"><see cref="RefusalReason.InvalidOption"/>.</exception>
    public static Objective Parse(string text, double? delta = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        string rest = text.Trim();
        bool? mean = null;
        if (rest.StartsWith("sum:", StringComparison.Ordinal) || rest.StartsWith("mean:", StringComparison.Ordinal))
        {
            mean = rest[0] == 'm';
            rest = rest[(rest.IndexOf(':', StringComparison.Ordinal) + 1)..];
        }

        double? argument = null;
        int open = rest.IndexOf('(', StringComparison.Ordinal);
        if (open >= 0)
        {
            if (!rest.EndsWith(')') || !double.TryParse(rest[(open + 1)..^1], NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
            {
                throw Unknown(text);
            }

            argument = number;
            rest = rest[..open];
        }

        Objective objective = (rest, argument) switch
        {
            ("log-huber", _) => LogHuber(argument ?? delta ?? 1e-3),
            ("huber", _) => Huber(argument ?? delta ?? 1e-3),
            ("asymmetric-mae", _) => AsymmetricMae(argument ?? 10),
            ("log-lad", null) => LogLad(),
            ("log-mse", null) => LogMse(),
            ("mse", null) => Mse(),
            ("lad", null) => Lad(),
            _ => throw Unknown(text),
        };
        return mean is { } m ? objective.Averaged(m) : objective;
    }

    /// <summary>The form that <see cref="Parse"/> reads, with the argument.</summary>
    public override string ToString()
    {
        double? argument = Delta ?? OverWeight;
        string text = argument is { } a ? string.Create(CultureInfo.InvariantCulture, $"{Name}({a})") : Name;
        bool usualMean = Penalty is Penalty.Square or Penalty.AsymmetricAbsolute;
        return IsMean == usualMean ? text : (IsMean ? "mean:" : "sum:") + text;
    }

    private static Objective Make(string name, Penalty penalty, bool logarithms, bool mean) =>
        new() { Name = name, Penalty = penalty, OnLogarithms = logarithms, IsMean = mean };

    private static double Positive(double value, string what) => double.IsFinite(value) && value > 0
        ? value
        : throw new FitRefusedException(RefusalReason.InvalidOption, string.Create(CultureInfo.InvariantCulture, $"The objective's {what} is {value}."), "Give a positive number.");

    private static FitRefusedException Unknown(string text) => new(
        RefusalReason.InvalidOption,
        $"'{text}' is not an objective; there are log-huber(delta), log-lad, log-mse, huber(delta), mse, lad and asymmetric-mae(weight), each optionally after sum: or mean:.",
        "Use one of these.");
}
