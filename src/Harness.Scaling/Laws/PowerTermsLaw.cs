namespace Harness.Scaling;

/// <summary>One factor of a term: variable^(sign * shape).</summary>
/// <param name="Variable">Index into <see cref="Law.Variables"/>.</param>
/// <param name="Shape">Index of the shape parameter.</param>
/// <param name="Sign">+1 or -1: the exponent's sign in the formula.</param>
public sealed record PowerFactor(int Variable, int Shape, int Sign);

/// <summary>
/// A separable law whose every term is a product of powers, c_k prod x_v^(+-q_j): most laws of the literature. Sharing the form, they share a vectorised evaluation and
/// the log-sum-exp objective of the classical multi-start grid.
/// </summary>
public abstract class PowerTermsLaw : SeparableLaw
{
    /// <summary>For each coefficient the factors of its term; an empty list is a constant.</summary>
    public abstract IReadOnlyList<IReadOnlyList<PowerFactor>> Terms { get; }

    /// <summary>The sign of each term in the formula; empty when all are added.</summary>
    public virtual IReadOnlyList<int> TermSigns => [];

    /// <inheritdoc/>
    public sealed override int CoefficientCount => Terms.Count;

    /// <inheritdoc/>
    public sealed override void Basis(ReadOnlySpan<double> shape, ReadOnlySpan<double> variables, Span<double> basis)
    {
        for (int k = 0; k < Terms.Count; k++)
        {
            double log = 0;
            foreach (PowerFactor factor in Terms[k])
            {
                log += factor.Sign * shape[factor.Shape] * Math.Log(variables[factor.Variable]);
            }

            basis[k] = SignOf(k) * (log == 0 ? 1 : Math.Exp(log));
        }
    }

    /// <inheritdoc/>
    public sealed override void BasisGradient(ReadOnlySpan<double> shape, ReadOnlySpan<double> variables, Span<double> basis, Span<double> derivative)
    {
        Basis(shape, variables, basis);
        derivative.Clear();
        for (int k = 0; k < Terms.Count; k++)
        {
            foreach (PowerFactor factor in Terms[k])
            {
                derivative[(k * ShapeCount) + factor.Shape] += factor.Sign * Math.Log(variables[factor.Variable]) * basis[k];
            }
        }
    }

    internal int SignOf(int term) => term < TermSigns.Count ? TermSigns[term] : 1;

    /// <inheritdoc/>
    public sealed override BoundBasis BindBasis(Points points) => new PowerColumns(this, points);
}
