namespace Harness.Scaling;

/// <summary>
/// A law of the form sum_k c_k phi_k(x; q): linear in its coefficients c once the shape q (exponents, breaks) is given. Such laws are fitted by variable projection:
/// a search over the few shape parameters with a linear solve inside. The parameters are the coefficients followed by the shape, unless the law maps them otherwise.
/// </summary>
public abstract class SeparableLaw : Law
{
    /// <summary>Number of coefficients K; they are the first K parameters.</summary>
    public abstract int CoefficientCount { get; }

    /// <summary>Number of shape parameters Q; they follow the coefficients.</summary>
    public int ShapeCount => Parameters.Count - CoefficientCount;

    /// <summary>The basis functions at one point.</summary>
    /// <param name="shape">[Q].</param>
    /// <param name="variables">In the order of <see cref="Law.Variables"/>.</param>
    /// <param name="basis">[K], overwritten.</param>
    public abstract void Basis(ReadOnlySpan<double> shape, ReadOnlySpan<double> variables, Span<double> basis);

    /// <summary>The basis functions and their derivatives by the shape at one point.</summary>
    /// <param name="shape">[Q].</param>
    /// <param name="variables">In the order of <see cref="Law.Variables"/>.</param>
    /// <param name="basis">[K], overwritten.</param>
    /// <param name="derivative">[K, Q] row by row, overwritten (zeros included).</param>
    public abstract void BasisGradient(ReadOnlySpan<double> shape, ReadOnlySpan<double> variables, Span<double> basis, Span<double> derivative);

    /// <summary>Shapes to begin the search over q from: a grid that covers the domain, in the points' own units. The local search refines the best of them.</summary>
    public abstract IEnumerable<double[]> ShapeStarts(Points points);

    /// <inheritdoc/>
    public override double Evaluate(ReadOnlySpan<double> parameters, ReadOnlySpan<double> variables)
    {
        int k = CoefficientCount;
        Span<double> basis = stackalloc double[k];
        Basis(parameters[k..], variables, basis);
        double sum = 0;
        for (int i = 0; i < k; i++)
        {
            sum += parameters[i] * basis[i];
        }

        return sum;
    }

    /// <inheritdoc/>
    public override double Gradient(ReadOnlySpan<double> parameters, ReadOnlySpan<double> variables, Span<double> gradient)
    {
        int k = CoefficientCount, q = ShapeCount;
        Span<double> basis = stackalloc double[k];
        Span<double> derivative = stackalloc double[k * q];
        BasisGradient(parameters[k..], variables, basis, derivative);
        double sum = 0;
        gradient.Clear();
        for (int i = 0; i < k; i++)
        {
            double coefficient = parameters[i];
            sum += coefficient * basis[i];
            gradient[i] = basis[i];
            for (int j = 0; j < q; j++)
            {
                gradient[k + j] += coefficient * derivative[(i * q) + j];
            }
        }

        return sum;
    }

    /// <summary>By default the shapes of <see cref="ShapeStarts"/>, each with the coefficients that make every term as large as its share of the typical target.</summary>
    public override IEnumerable<double[]> Starts(Points points)
    {
        ArgumentNullException.ThrowIfNull(points);
        double[] target = points.Column(Target);
        double typical = target.Average();
        double[] centre = Centre(points);
        int k = CoefficientCount;
        foreach (double[] shape in ShapeStarts(points))
        {
            var start = new double[Parameters.Count];
            var basis = new double[k];
            Basis(shape, centre, basis);
            for (int i = 0; i < k; i++)
            {
                double value = basis[i] == 0 ? 0 : typical / k / basis[i];
                start[i] = Math.Clamp(value, Parameters[i].Lower, Parameters[i].Upper);
            }

            shape.CopyTo(start, k);
            yield return start;
        }
    }

    /// <summary>The geometric mean of each variable (arithmetic where a value is not positive).</summary>
    protected double[] Centre(Points points)
    {
        ArgumentNullException.ThrowIfNull(points);
        return [.. Variables.Select(v =>
        {
            double[] column = points.Column(v);
            return column.All(x => x > 0) ? Math.Exp(column.Average(Math.Log)) : column.Average();
        })];
    }
}
