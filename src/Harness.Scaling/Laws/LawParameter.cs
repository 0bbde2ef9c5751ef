namespace Harness.Scaling;

/// <summary>How a parameter is walked by searches that have no better coordinates: positive ones on the logarithm, signed ones as they are.</summary>
public enum ParameterScale
{
    /// <summary>The search moves the logarithm; the value stays positive.</summary>
    Log,

    /// <summary>The search moves the value itself.</summary>
    Linear,
}

/// <summary>One parameter of a law.</summary>
/// <param name="Name">The law's own name in lower case, as it stands in fits.json.</param>
/// <param name="Lower">Smallest value of the domain; may be negative infinity.</param>
/// <param name="Upper">Largest value of the domain; may be infinity.</param>
/// <param name="Scale">How a search walks it.</param>
/// <param name="Meaning">What it says about the data, with its unit.</param>
public sealed record LawParameter(string Name, double Lower, double Upper, ParameterScale Scale, string Meaning)
{
    /// <summary>A non-negative coefficient.</summary>
    public static LawParameter Coefficient(string name, string meaning) => new(name, 0, double.PositiveInfinity, ParameterScale.Log, meaning);

    /// <summary>An exponent in [0, upper].</summary>
    public static LawParameter Exponent(string name, string meaning, double upper = 5) => new(name, 0, upper, ParameterScale.Linear, meaning);

    /// <summary>A number of either sign.</summary>
    public static LawParameter OfEitherSign(string name, string meaning, double lower = double.NegativeInfinity, double upper = double.PositiveInfinity) =>
        new(name, lower, upper, ParameterScale.Linear, meaning);
}
