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

    /// <summary>A shape parameter that searches walk together with another, because the data see only their product; null where there is none.</summary>
    /// <param name="centre">A typical point, in the order of <see cref="Law.Variables"/>.</param>
    public virtual ShapeTie? Tie(ReadOnlySpan<double> centre) => null;

    /// <summary>Shapes to begin the search over q from: a grid that covers the domain, in the points' own units. The local search refines the best of them.</summary>
    public abstract IEnumerable<double[]> ShapeStarts(Points points);

    /// <inheritdoc/>
    public sealed override BoundLaw Bind(Points points) => new SeparableBoundLaw(this, BindBasis(points));

    /// <summary>Ties the basis to the rows of a table.</summary>
    public virtual BoundBasis BindBasis(Points points) => new RowwiseBoundBasis(this, points);

    /// <summary>
    /// For laws written with scales, such as (N_c/N)^alpha: for each coefficient the index of the shape parameter that its scale is raised to
    /// (c_k = parameter_k^q), or -1 where the parameter is the coefficient itself. Empty when all are.
    /// </summary>
    public virtual IReadOnlyList<int> ScaleExponents => [];

    /// <summary>The coefficients c_k behind the parameters.</summary>
    public void ToCoefficients(ReadOnlySpan<double> parameters, Span<double> coefficients)
    {
        parameters[..CoefficientCount].CopyTo(coefficients);
        for (int k = 0; k < ScaleExponents.Count; k++)
        {
            if (ScaleExponents[k] >= 0)
            {
                coefficients[k] = Math.Exp(parameters[CoefficientCount + ScaleExponents[k]] * Math.Log(parameters[k]));
            }
        }
    }

    /// <summary>The parameters for coefficients c_k and a shape.</summary>
    public double[] ToParameters(ReadOnlySpan<double> coefficients, ReadOnlySpan<double> shape)
    {
        double[] parameters = [.. coefficients, .. shape];
        for (int k = 0; k < ScaleExponents.Count; k++)
        {
            if (ScaleExponents[k] >= 0)
            {
                parameters[k] = Math.Exp(Math.Log(coefficients[k]) / shape[ScaleExponents[k]]);
            }
        }

        return parameters;
    }

    /// <inheritdoc/>
    public override double Evaluate(ReadOnlySpan<double> parameters, ReadOnlySpan<double> variables)
    {
        int k = CoefficientCount;
        Span<double> basis = stackalloc double[k];
        Span<double> coefficients = stackalloc double[k];
        ToCoefficients(parameters, coefficients);
        Basis(parameters[k..], variables, basis);
        double sum = 0;
        for (int i = 0; i < k; i++)
        {
            sum += coefficients[i] * basis[i];
        }

        return sum;
    }

    /// <inheritdoc/>
    public override double Gradient(ReadOnlySpan<double> parameters, ReadOnlySpan<double> variables, Span<double> gradient)
    {
        int k = CoefficientCount, q = ShapeCount;
        Span<double> basis = stackalloc double[k];
        Span<double> derivative = stackalloc double[k * q];
        Span<double> coefficients = stackalloc double[k];
        ToCoefficients(parameters, coefficients);
        BasisGradient(parameters[k..], variables, basis, derivative);
        return Combine(parameters, coefficients, basis, derivative, gradient);
    }

    // The prediction and its derivatives by the parameters from the basis and its derivatives.
    internal double Combine(ReadOnlySpan<double> parameters, ReadOnlySpan<double> coefficients, ReadOnlySpan<double> basis, ReadOnlySpan<double> derivative, Span<double> gradient)
    {
        int k = CoefficientCount, q = ShapeCount;
        double sum = 0;
        gradient.Clear();
        for (int i = 0; i < k; i++)
        {
            double coefficient = coefficients[i];
            sum += coefficient * basis[i];
            gradient[i] = basis[i];
            for (int j = 0; j < q; j++)
            {
                gradient[k + j] += coefficient * derivative[(i * q) + j];
            }

            if (i < ScaleExponents.Count && ScaleExponents[i] >= 0)
            {
                gradient[i] *= parameters[k + ScaleExponents[i]] * coefficient / parameters[i];
                gradient[k + ScaleExponents[i]] += coefficient * basis[i] * Math.Log(parameters[i]);
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
            var start = new double[k];
            var basis = new double[k];
            Basis(shape, centre, basis);
            for (int i = 0; i < k; i++)
            {
                double value = basis[i] == 0 ? 0 : typical / k / basis[i];
                start[i] = Math.Clamp(value, Parameters[i].Lower, Parameters[i].Upper);
            }

            yield return ToParameters(start.AsSpan(0, k), shape);
        }
    }

    /// <summary>The geometric mean of each variable (arithmetic where a value is not positive).</summary>
    internal double[] Centre(Points points)
    {
        ArgumentNullException.ThrowIfNull(points);
        return [.. Variables.Select(v =>
        {
            double[] column = RowMajor.Column(points, this, v);
            return column.All(x => x > 0) ? Math.Exp(column.Average(x => Math.Log(x))) : column.Average();
        })];
    }
}
