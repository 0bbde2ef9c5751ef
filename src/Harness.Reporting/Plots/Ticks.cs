namespace Harness.Reporting.Plots;

/// <summary>A mark on an axis.</summary>
/// <param name="Value">Where.</param>
/// <param name="Label">Its text; null for a minor mark.</param>
public sealed record Tick(double Value, Markup? Label);

/// <summary>
/// Where an axis has its marks: powers of ten over many decades; 1, 2, 3, 5 within them over few; even steps under one decade, where
/// a loss lies most of the time.
/// </summary>
public static class Ticks
{
    private const int Wanted = 6;

    /// <summary>The marks of an axis in rising order; at least two have a label.</summary>
    public static IReadOnlyList<Tick> Of(Axis axis)
    {
        ArgumentNullException.ThrowIfNull(axis);
        double decades = axis.Logarithmic ? Math.Log10(axis.High / axis.Low) : 0;
        return decades switch
        {
            > 2.6 => Decades(axis, [1], decades),
            > 1.5 => Decades(axis, [1, 3], decades),
            > 0.85 => Decades(axis, IsPlain(axis) ? [1, 2, 3, 5] : [1, 2, 5], decades),
            _ => Even(axis),
        };
    }

    /// <summary>Whether the labels are short; 2×10^6 and 3×10^6 would run into one another.</summary>
    private static bool IsPlain(Axis axis) => axis.Low >= 1e-3 && axis.High < 1e4;

    private static List<Tick> Decades(Axis axis, int[] labelled, double decades)
    {
        int every = (int)Math.Ceiling(decades / 9);
        var ticks = new List<Tick>();
        for (int power = (int)Math.Floor(Math.Log10(axis.Low)); power <= Math.Ceiling(Math.Log10(axis.High)); power++)
        {
            for (int digit = 1; digit <= 9; digit++)
            {
                // Parsed, so that 3e-4 is the nearest double and not 3 * 1e-4.
                double value = double.Parse($"{digit}e{power}", System.Globalization.CultureInfo.InvariantCulture);
                if (value >= axis.Low && value <= axis.High)
                {
                    bool label = labelled.Contains(digit) && power % every == 0;
                    ticks.Add(new Tick(value, label ? LabelOf(digit, power) : null));
                }
            }
        }

        return ticks;
    }

    private static Markup LabelOf(int digit, int power) => power is >= -3 and <= 3
        ? Markup.Plain(ShortNumber.Digits(double.Parse($"{digit}e{power}", System.Globalization.CultureInfo.InvariantCulture)))
        : Markup.Parse((digit == 1 ? "" : $"{digit}×") + $"10^{{{power.ToString(System.Globalization.CultureInfo.InvariantCulture).Replace('-', '−')}}}");

    private static List<Tick> Even(Axis axis)
    {
        double step = Step((axis.High - axis.Low) / Wanted);
        int power = (int)Math.Floor(Math.Log10(Math.Max(Math.Abs(axis.Low), Math.Abs(axis.High))));
        bool scientific = power is < -3 or > 4;
        var ticks = new List<Tick>();
        for (long i = (long)Math.Ceiling(axis.Low / step); i * step <= axis.High; i++)
        {
            double value = i * step;
            int digits = value == 0 ? 1 : Math.Max(1, (int)Math.Floor(Math.Log10(Math.Abs(value)) + 1e-9) - (int)Math.Floor(Math.Log10(step) + 1e-9) + 1) + (HasHalf(step) ? 1 : 0);
            ticks.Add(new Tick(value, scientific ? Scientific(value, power, digits) : Markup.Plain(ShortNumber.Digits(value, digits).Replace('-', '−'))));
        }

        return ticks;
    }

    private static Markup Scientific(double value, int power, int digits) =>
        value == 0 ? Markup.Plain("0") : Markup.Parse($"{ShortNumber.Digits(value / Math.Pow(10, power), digits)}×10^{{{power.ToString(System.Globalization.CultureInfo.InvariantCulture).Replace('-', '−')}}}");

    /// <summary>The smallest of 1, 2, 2.5, 5 times a power of ten that is not below.</summary>
    private static double Step(double atLeast)
    {
        double unit = Math.Pow(10, Math.Floor(Math.Log10(atLeast)));
        return new[] { 1, 2, 2.5, 5, 10 }.First(f => f * unit >= atLeast * (1 - 1e-9)) * unit;
    }

    private static bool HasHalf(double step) => Math.Abs((step / Math.Pow(10, Math.Floor(Math.Log10(step) + 1e-9))) - 2.5) < 1e-6;
}
