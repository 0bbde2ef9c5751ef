namespace Harness.Scaling;

/// <summary>The basis functions of a separable law tied to the rows of a table. Safe to use from several threads at once.</summary>
public abstract class BoundBasis
{
    /// <summary>Number of rows.</summary>
    public abstract int Count { get; }

    /// <summary>Basis functions of every row.</summary>
    /// <param name="shape">[Q].</param>
    /// <param name="basis">[Count, K] row by row, overwritten.</param>
    public abstract void Evaluate(ReadOnlySpan<double> shape, Span<double> basis);

    /// <summary>Basis functions of every row with their derivatives by the shape.</summary>
    /// <param name="shape">[Q].</param>
    /// <param name="basis">[Count, K], overwritten.</param>
    /// <param name="derivative">[Count, K, Q], overwritten.</param>
    public abstract void Gradient(ReadOnlySpan<double> shape, Span<double> basis, Span<double> derivative);

    /// <summary>Whether basis function k moves with shape parameter q at all; false lets a search leave out a zero.</summary>
    public virtual bool Depends(int k, int q) => true;
}

/// <summary>Evaluates basis functions row by row.</summary>
internal sealed class RowwiseBoundBasis : BoundBasis
{
    private readonly SeparableLaw law;
    private readonly double[] variables;
    private readonly int width;
    private readonly int k;
    private readonly int q;

    public RowwiseBoundBasis(SeparableLaw law, Points points)
    {
        this.law = law;
        Count = points.Count;
        width = law.Variables.Count;
        k = law.CoefficientCount;
        q = law.ShapeCount;
        variables = RowMajor.Gather(points, law);
    }

    public override int Count { get; }

    public override void Evaluate(ReadOnlySpan<double> shape, Span<double> basis)
    {
        for (int i = 0; i < Count; i++)
        {
            law.Basis(shape, variables.AsSpan(i * width, width), basis.Slice(i * k, k));
        }
    }

    public override void Gradient(ReadOnlySpan<double> shape, Span<double> basis, Span<double> derivative)
    {
        for (int i = 0; i < Count; i++)
        {
            law.BasisGradient(shape, variables.AsSpan(i * width, width), basis.Slice(i * k, k), derivative.Slice(i * k * q, k * q));
        }
    }
}
