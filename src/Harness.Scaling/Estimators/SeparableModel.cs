namespace Harness.Scaling;

/// <summary>
/// A separable law in the coordinates (c'_k, q_j), where c'_k = c_k phi_k(centre; q) is the k-th term's size at the centre of the data. A vanishing coefficient is
/// an ordinary point of these coordinates (c' = 0), not a journey to minus infinity.
/// </summary>
internal sealed class SeparableModel : SearchModel
{
    private readonly SeparableLaw law;
    private readonly BoundBasis basis;
    private readonly double[] centre;
    private readonly double[] heldCoefficients;
    private readonly int[] freeCoefficients;
    private readonly ShapeCoordinates walk;

    // For each basis function the free shape parameters, as coordinates of theirs, that its term moves with in the scaled coordinates.
    private readonly int[][] movesWith;

    public SeparableModel(SeparableLaw law, BoundBasis basis, double[] centre, IReadOnlyDictionary<string, double> held)
    {
        this.law = law;
        this.basis = basis;
        this.centre = centre;
        K = law.CoefficientCount;
        Q = law.ShapeCount;
        double[] values = [.. law.Parameters.Select(p => held.TryGetValue(p.Name, out double v) ? v : double.NaN)];
        heldCoefficients = values[..K];
        freeCoefficients = [.. Enumerable.Range(0, K).Where(k => double.IsNaN(heldCoefficients[k]))];
        walk = new ShapeCoordinates(law, centre, values[K..]);
        movesWith = [.. Enumerable.Range(0, K).Select(k => Enumerable.Range(0, walk.Free.Length).Where(j => basis.Depends(k, walk.Free[j])).ToArray())];
        ParameterOf = [.. freeCoefficients, .. walk.Free.Select(q => K + q)];
        Lower = [.. freeCoefficients.Select(k => Math.Min(0, law.Parameters[k].Lower)), .. walk.Lower];
        Upper = [.. freeCoefficients.Select(k => law.Parameters[k].Upper <= 0 ? 0 : double.PositiveInfinity), .. walk.Upper];
        CoefficientIsSigned = [.. freeCoefficients.Select(k => law.Parameters[k].Lower < 0)];
    }

    /// <summary>Number of coefficients of the law.</summary>
    public int K { get; }

    /// <summary>Number of shape parameters of the law.</summary>
    public int Q { get; }

    /// <summary>Number of free coefficients; they are the first coordinates.</summary>
    public int FreeCoefficientCount => freeCoefficients.Length;

    /// <summary>Whether each free coefficient may be negative.</summary>
    public bool[] CoefficientIsSigned { get; }

    public override int Count => basis.Count;

    public override int Dimension => ParameterOf.Length;

    public override double[] Lower { get; }

    public override double[] Upper { get; }

    public override int[] ParameterOf { get; }

    /// <summary>The shape [Q] with the held values put in their places.</summary>
    public double[] HoldShape(ReadOnlySpan<double> shape) => walk.Hold(shape);

    /// <summary>The free basis functions in units of their centre [Count, free K], and the sum of the held terms [Count].</summary>
    public void ScaledBasis(ReadOnlySpan<double> shape, Span<double> scratch, Span<double> scaled, Span<double> offset)
    {
        Span<double> scale = stackalloc double[K];
        Span<double> slope = stackalloc double[K * Q];
        Scales(shape, scale, slope);
        Span<double> all = scratch[..(Count * K)];
        basis.Evaluate(shape, all);
        int f = freeCoefficients.Length;
        for (int i = 0; i < Count; i++)
        {
            for (int j = 0; j < f; j++)
            {
                scaled[(i * f) + j] = all[(i * K) + freeCoefficients[j]] / scale[freeCoefficients[j]];
            }

            double sum = 0;
            if (f != K)
            {
                for (int k = 0; k < K; k++)
                {
                    sum += double.IsNaN(heldCoefficients[k]) ? 0 : heldCoefficients[k] * all[(i * K) + k];
                }
            }

            offset[i] = sum;
        }
    }

    /// <summary>Puts scaled coefficients and a shape [Q] together.</summary>
    public double[] Join(ReadOnlySpan<double> coefficients, ReadOnlySpan<double> shape)
    {
        var theta = new double[Dimension];
        coefficients.CopyTo(theta);
        walk.Write(shape, theta.AsSpan(freeCoefficients.Length));
        return theta;
    }

    public override void Predict(ReadOnlySpan<double> theta, Span<double> predictions)
    {
        Span<double> coefficients = stackalloc double[K];
        Span<double> shape = stackalloc double[Q];
        Span<double> scale = stackalloc double[K];
        Span<double> slope = stackalloc double[K * Q];
        Expand(theta, coefficients, shape, scale, slope);
        double[] rented = System.Buffers.ArrayPool<double>.Shared.Rent(Count * K);
        Span<double> phi = rented.AsSpan(0, Count * K);
        basis.Evaluate(shape, phi);
        for (int i = 0; i < Count; i++)
        {
            double sum = 0;
            for (int k = 0; k < K; k++)
            {
                sum += coefficients[k] == 0 ? 0 : coefficients[k] * phi[(i * K) + k];
            }

            predictions[i] = sum;
        }

        System.Buffers.ArrayPool<double>.Shared.Return(rented);
    }

    public override void Jacobian(ReadOnlySpan<double> theta, Span<double> predictions, Span<double> jacobian)
    {
        Span<double> coefficients = stackalloc double[K];
        Span<double> shape = stackalloc double[Q];
        Span<double> scale = stackalloc double[K];
        Span<double> slope = stackalloc double[K * Q];
        Expand(theta, coefficients, shape, scale, slope);
        int size = Count * K * (1 + Q);
        double[] rented = System.Buffers.ArrayPool<double>.Shared.Rent(size);
        Span<double> phi = rented.AsSpan(0, Count * K);
        Span<double> derivative = rented.AsSpan(Count * K, Count * K * Q);
        basis.Gradient(shape, phi, derivative);
        int f = freeCoefficients.Length, p = Dimension;
        for (int i = 0; i < Count; i++)
        {
            Span<double> row = jacobian.Slice(i * p, p);
            row.Clear();
            double sum = 0;
            for (int k = 0; k < K; k++)
            {
                double value = phi[(i * K) + k], c = coefficients[k];
                if (c == 0)
                {
                    continue;
                }

                sum += c * value;
                bool free = double.IsNaN(heldCoefficients[k]);
                foreach (int j in movesWith[k])
                {
                    int q = walk.Free[j];
                    double change = derivative[(((i * K) + k) * Q) + q];
                    walk.AddChange(row[f..], j, shape, c * (free ? change - (value * slope[(k * Q) + q]) : change));
                }
            }

            for (int j = 0; j < f; j++)
            {
                row[j] = phi[(i * K) + freeCoefficients[j]] / scale[freeCoefficients[j]];
            }

            predictions[i] = sum;
        }

        System.Buffers.ArrayPool<double>.Shared.Return(rented);
    }

    public override double[] ToParameters(ReadOnlySpan<double> theta)
    {
        Span<double> coefficients = stackalloc double[K];
        Span<double> shape = stackalloc double[Q];
        Span<double> scale = stackalloc double[K];
        Span<double> slope = stackalloc double[K * Q];
        Expand(theta, coefficients, shape, scale, slope);
        return law.ToParameters(coefficients, shape);
    }

    public override double[] FromParameters(ReadOnlySpan<double> parameters)
    {
        double[] shape = HoldShape(parameters[K..]);
        Span<double> coefficients = stackalloc double[K];
        law.ToCoefficients(parameters, coefficients);
        Span<double> scale = stackalloc double[K];
        Span<double> slope = stackalloc double[K * Q];
        Scales(shape, scale, slope);
        var theta = new double[Dimension];
        for (int j = 0; j < freeCoefficients.Length; j++)
        {
            theta[j] = Math.Clamp(coefficients[freeCoefficients[j]] * scale[freeCoefficients[j]], Lower[j], Upper[j]);
        }

        walk.Write(shape, theta.AsSpan(freeCoefficients.Length));
        return theta;
    }

    private void Expand(ReadOnlySpan<double> theta, Span<double> coefficients, Span<double> shape, Span<double> scale, Span<double> slope)
    {
        walk.Read(theta[freeCoefficients.Length..], shape);
        Scales(shape, scale, slope);
        heldCoefficients.CopyTo(coefficients);
        for (int j = 0; j < freeCoefficients.Length; j++)
        {
            coefficients[freeCoefficients[j]] = theta[j] / scale[freeCoefficients[j]];
        }
    }

    // scale_k = phi_k(centre), slope_kq = d log phi_k(centre) / dq; a basis function that vanishes at the centre is left in its own unit.
    private void Scales(ReadOnlySpan<double> shape, Span<double> scale, Span<double> slope)
    {
        law.BasisGradient(shape, centre, scale, slope);
        for (int k = 0; k < K; k++)
        {
            bool usable = double.IsNormal(scale[k]);
            for (int q = 0; q < Q; q++)
            {
                slope[(k * Q) + q] = usable ? slope[(k * Q) + q] / scale[k] : 0;
            }

            scale[k] = usable ? Math.Abs(scale[k]) : 1;
        }
    }
}
