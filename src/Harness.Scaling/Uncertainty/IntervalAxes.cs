namespace Harness.Scaling;

/// <summary>The change of variable behind each <see cref="IntervalAxis"/>.</summary>
internal static class IntervalAxes
{
    /// <summary>The axis of a parameter: the logarithm for positive scales.</summary>
    public static IntervalAxis Of(LawParameter parameter) => parameter.Scale == ParameterScale.Log ? IntervalAxis.Logarithm : IntervalAxis.Value;

    /// <summary>Whether a value has a place on the axis.</summary>
    public static bool Holds(this IntervalAxis axis, double value) => double.IsFinite(value) && axis switch
    {
        IntervalAxis.Logarithm => value > 0,
        IntervalAxis.Odds => value is > 0 and < 1,
        _ => true,
    };

    /// <summary>The place of a value.</summary>
    public static double To(this IntervalAxis axis, double value) => axis switch
    {
        IntervalAxis.Logarithm => Math.Log(value),
        IntervalAxis.Odds => Math.Log(value / (1 - value)),
        _ => value,
    };

    /// <summary>The value at a place.</summary>
    public static double From(this IntervalAxis axis, double place) => axis switch
    {
        IntervalAxis.Logarithm => Math.Exp(place),
        IntervalAxis.Odds => 1 / (1 + Math.Exp(-place)),
        _ => place,
    };

    /// <summary>How fast the value moves with its place.</summary>
    public static double Pace(this IntervalAxis axis, double value) => axis switch
    {
        IntervalAxis.Logarithm => value,
        IntervalAxis.Odds => value * (1 - value),
        _ => 1,
    };
}
