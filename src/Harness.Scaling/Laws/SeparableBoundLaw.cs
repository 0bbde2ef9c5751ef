namespace Harness.Scaling;

/// <summary>A separable law on rows, evaluated through its bound basis.</summary>
internal sealed class SeparableBoundLaw(SeparableLaw law, BoundBasis basis) : BoundLaw
{
    public override int Count => basis.Count;

    public override void Predict(ReadOnlySpan<double> parameters, Span<double> predictions)
    {
        int k = law.CoefficientCount;
        Span<double> coefficients = stackalloc double[k];
        law.ToCoefficients(parameters, coefficients);
        double[] phi = new double[Count * k];
        basis.Evaluate(parameters[k..], phi);
        for (int i = 0; i < Count; i++)
        {
            double sum = 0;
            for (int j = 0; j < k; j++)
            {
                sum += coefficients[j] == 0 ? 0 : coefficients[j] * phi[(i * k) + j];
            }

            predictions[i] = sum;
        }
    }

    public override void Jacobian(ReadOnlySpan<double> parameters, Span<double> predictions, Span<double> jacobian)
    {
        int k = law.CoefficientCount, q = law.ShapeCount, p = k + q;
        Span<double> coefficients = stackalloc double[k];
        law.ToCoefficients(parameters, coefficients);
        double[] phi = new double[Count * k], slopes = new double[Count * k * q];
        basis.Gradient(parameters[k..], phi, slopes);
        for (int i = 0; i < Count; i++)
        {
            Span<double> row = jacobian.Slice(i * p, p);
            predictions[i] = law.Combine(parameters, coefficients, phi.AsSpan(i * k, k), slopes.AsSpan(i * k * q, k * q), row);
        }
    }
}
