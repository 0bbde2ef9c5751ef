namespace Harness.Scaling;

/// <summary>A law tied to the rows of a table. Safe to use from several threads at once.</summary>
public abstract class BoundLaw
{
    /// <summary>Number of rows.</summary>
    public abstract int Count { get; }

    /// <summary>Predicts the target of every row.</summary>
    /// <param name="parameters">The law's parameters.</param>
    /// <param name="predictions">[Count], overwritten.</param>
    public abstract void Predict(ReadOnlySpan<double> parameters, Span<double> predictions);

    /// <summary>Predicts the target of every row with its derivatives by the parameters.</summary>
    /// <param name="parameters">The law's parameters (P of them).</param>
    /// <param name="predictions">[Count], overwritten.</param>
    /// <param name="jacobian">[Count, P] row by row, overwritten.</param>
    public abstract void Jacobian(ReadOnlySpan<double> parameters, Span<double> predictions, Span<double> jacobian);
}

/// <summary>Evaluates a law row by row.</summary>
internal sealed class RowwiseBoundLaw : BoundLaw
{
    private readonly Law law;
    private readonly double[] variables;
    private readonly int width;

    public RowwiseBoundLaw(Law law, Points points)
    {
        this.law = law;
        Count = points.Count;
        width = law.Variables.Count;
        variables = RowMajor.Gather(points, law);
    }

    public override int Count { get; }

    public override void Predict(ReadOnlySpan<double> parameters, Span<double> predictions)
    {
        for (int i = 0; i < Count; i++)
        {
            predictions[i] = law.Evaluate(parameters, variables.AsSpan(i * width, width));
        }
    }

    public override void Jacobian(ReadOnlySpan<double> parameters, Span<double> predictions, Span<double> jacobian)
    {
        int p = parameters.Length;
        for (int i = 0; i < Count; i++)
        {
            predictions[i] = law.Gradient(parameters, variables.AsSpan(i * width, width), jacobian.Slice(i * p, p));
        }
    }
}
