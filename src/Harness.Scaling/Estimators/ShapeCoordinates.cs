namespace Harness.Scaling;

/// <summary>
/// Where a separable law's shape parameters walk in the search: linear ones as they are, positive ones (breaks, decay constants) on the logarithm, a scale that leans on an exponent beside it
/// (<see cref="ShapeTie"/>), held ones not at all.
/// </summary>
internal sealed class ShapeCoordinates
{
    private readonly LawParameter[] parameters;
    private readonly double[] held;

    // Null where the scale is held: its exponent then walks alone.
    private readonly ShapeTie? tie;

    // The place of its exponent among the coordinates; -1 where that is held.
    private readonly int tiedTo;

    /// <param name="law">Names the shape parameters, Q of them.</param>
    /// <param name="centre">Of the data, where a tie is taken.</param>
    /// <param name="held">[Q] the values that are held, NaN for those that walk.</param>
    public ShapeCoordinates(SeparableLaw law, double[] centre, double[] held)
    {
        this.held = held;
        parameters = [.. law.Parameters.Skip(law.CoefficientCount)];
        Free = [.. Enumerable.Range(0, held.Length).Where(q => double.IsNaN(held[q]))];
        tie = law.Tie(centre) is { } wanted && double.IsFinite(wanted.Log) && double.IsNaN(held[wanted.Scale]) ? wanted : null;
        tiedTo = tie is null ? -1 : Array.IndexOf(Free, tie.Exponent);
        Lower = [.. Free.Select(q => tie is not null && q == tie.Scale ? tie.Lower : Walk(q, parameters[q].Lower))];
        Upper = [.. Free.Select(q => tie is not null && q == tie.Scale ? tie.Upper : Walk(q, parameters[q].Upper))];
    }

    /// <summary>The shape parameters that walk, in the order of the coordinates.</summary>
    public int[] Free { get; }

    /// <summary>Least value of each coordinate.</summary>
    public double[] Lower { get; }

    /// <summary>Largest value of each coordinate.</summary>
    public double[] Upper { get; }

    /// <summary>The shape [Q] within its domain, with the held values put in their places.</summary>
    public double[] Hold(ReadOnlySpan<double> shape)
    {
        double[] full = shape.ToArray();
        for (int q = 0; q < full.Length; q++)
        {
            full[q] = double.IsNaN(held[q]) ? Math.Clamp(full[q], parameters[q].Lower, parameters[q].Upper) : held[q];
        }

        return full;
    }

    /// <summary>Writes the coordinates of a shape [Q].</summary>
    public void Write(ReadOnlySpan<double> shape, Span<double> coordinates)
    {
        for (int j = 0; j < Free.Length; j++)
        {
            int q = Free[j];
            double led = tie is not null && q == tie.Scale ? tie.Log * shape[tie.Exponent] : 0;
            coordinates[j] = Math.Clamp(Walk(q, shape[q]) + led, Lower[j], Upper[j]);
        }
    }

    /// <summary>Writes the shape [Q] at some coordinates.</summary>
    public void Read(ReadOnlySpan<double> coordinates, Span<double> shape)
    {
        held.CopyTo(shape);
        for (int j = 0; j < Free.Length; j++)
        {
            shape[Free[j]] = WalksLog(Free[j]) ? Math.Exp(coordinates[j]) : coordinates[j];
        }

        if (tie is not null)
        {
            shape[tie.Scale] *= Math.Exp(-tie.Log * shape[tie.Exponent]);
        }
    }

    /// <summary>Adds what a value's change with the shape parameter of coordinate j says of its changes with the coordinates.</summary>
    /// <param name="gradient">By the coordinates; added to.</param>
    /// <param name="j">Coordinate.</param>
    /// <param name="shape">[Q].</param>
    /// <param name="change">Derivative by the parameter.</param>
    public void AddChange(Span<double> gradient, int j, ReadOnlySpan<double> shape, double change)
    {
        int q = Free[j];
        double pace = change * (WalksLog(q) ? shape[q] : 1);
        gradient[j] += pace;
        if (tiedTo >= 0 && q == tie!.Scale)
        {
            gradient[tiedTo] -= tie.Log * pace;
        }
    }

    private bool WalksLog(int q) => parameters[q].Scale == ParameterScale.Log;

    // Within e^-500 .. e^500.
    private double Walk(int q, double value) => WalksLog(q) ? Math.Clamp(Math.Log(Math.Max(value, 0)), -500, 500) : value;
}
