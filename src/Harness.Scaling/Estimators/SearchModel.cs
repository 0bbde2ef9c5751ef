namespace Harness.Scaling;

/// <summary>
/// A law on rows in the coordinates that a search walks: fixed parameters gone, scales of order one, coefficients measured at the centre of the data so that
/// they hardly trade against exponents. Immutable, shared by threads.
/// </summary>
internal abstract class SearchModel
{
    /// <summary>Number of rows.</summary>
    public abstract int Count { get; }

    /// <summary>Number of coordinates.</summary>
    public abstract int Dimension { get; }

    /// <summary>Smallest coordinates.</summary>
    public abstract double[] Lower { get; }

    /// <summary>Largest coordinates.</summary>
    public abstract double[] Upper { get; }

    /// <summary>The law's parameter behind each coordinate.</summary>
    public abstract int[] ParameterOf { get; }

    /// <summary>Predicts every row.</summary>
    public abstract void Predict(ReadOnlySpan<double> theta, Span<double> predictions);

    /// <summary>Predicts every row, with derivatives by the coordinates [Count, Dimension].</summary>
    public abstract void Jacobian(ReadOnlySpan<double> theta, Span<double> predictions, Span<double> jacobian);

    /// <summary>The law's parameters at a point of the search.</summary>
    public abstract double[] ToParameters(ReadOnlySpan<double> theta);

    /// <summary>The point of the search for parameters of the law (clamped into the domain).</summary>
    public abstract double[] FromParameters(ReadOnlySpan<double> parameters);
}
