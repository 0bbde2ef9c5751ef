using Harness.Reporting.Fits;
using Harness.Reporting.Plots;

namespace Harness.Reporting.Html;

/// <summary>A number of a fit with its interval.</summary>
/// <param name="Name">The parameter's or derived quantity's name in fits.json.</param>
/// <param name="Value">At the optimum.</param>
/// <param name="Interval">[low, high], or null.</param>
/// <param name="Meaning">The formula in plain text; null for a parameter.</param>
internal sealed record Quantity(string Name, double Value, double[]? Interval, string? Meaning)
{
    /// <summary>alpha_n as α with an index n.</summary>
    public Markup Symbol
    {
        get
        {
            string[] parts = Name.Split('_', 2);
            string letter = parts[0] switch { "alpha" => "α", "beta" => "β", "gamma" => "γ", "eta" => "η", "kappa" => "κ", _ => "" };
            return letter.Length == 0 ? Markup.Plain(Name) : parts.Length == 1 ? Markup.Parse($"*{letter}*") : Markup.Parse($"*{letter}*_{{{parts[1]}}}");
        }
    }

    /// <summary>0.0712 [0.069, 0.073].</summary>
    public string Text => ShortNumber.Digits(Value, 4) + (Range is { } range ? $" {range}" : "");

    /// <summary>[0.069, 0.073]; null without an interval.</summary>
    public string? Range => Interval is [var low, var high] ? $"[{ShortNumber.Digits(low)}, {ShortNumber.Digits(high)}]" : null;
}

/// <summary>The exponents of a fit, which is what scaling laws are compared by.</summary>
internal static class Exponents
{
    /// <summary>Parameters and derived exponents; not those that repeat a parameter with another sign, as <c>exponent</c> does in Kaplan's laws.</summary>
    public static IReadOnlyList<Quantity> Of(FitRecord fit) =>
    [
        .. fit.Parameters.Where(p => IsExponent(p.Key)).Select(p => new Quantity(p.Key, p.Value, fit.Intervals.GetValueOrDefault(p.Key), null)),
        .. fit.Derived.Where(d => IsExponent(d.Key) && !(d.Key == "exponent" && fit.Parameters.Keys.Any(IsExponent))).Select(d => new Quantity(d.Key, d.Value.Value, d.Value.Interval, d.Value.Meaning)),
    ];

    public static IReadOnlyList<Quantity> All(FitRecord fit) =>
    [
        .. fit.Parameters.Select(p => new Quantity(p.Key, p.Value, fit.Intervals.GetValueOrDefault(p.Key), null)),
        .. fit.Derived.Select(d => new Quantity(d.Key, d.Value.Value, d.Value.Interval, d.Value.Meaning)),
    ];

    private static bool IsExponent(string name) =>
        name.Split('_')[0] is "alpha" or "beta" or "gamma" or "eta" or "kappa" || name == "exponent" || name.EndsWith("_exponent", StringComparison.Ordinal);
}
