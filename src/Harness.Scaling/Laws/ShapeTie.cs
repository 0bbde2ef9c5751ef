namespace Harness.Scaling;

/// <summary>Two shape parameters of which the data see the product scale x^exponent, x hardly varying: searches walk its logarithm in place of the scale's.</summary>
/// <param name="Scale">Index of the scale among the shape parameters; it walks on the logarithm.</param>
/// <param name="Exponent">Index of the exponent.</param>
/// <param name="Log">Log of a typical x.</param>
/// <param name="Lower">Log of the product below which the curve is at its limit.</param>
/// <param name="Upper">Log of the product above which it is.</param>
public sealed record ShapeTie(int Scale, int Exponent, double Log, double Lower, double Upper);
