namespace Harness.Scaling;

/// <summary>Any law, each free parameter on its own scale: logarithm or value.</summary>
internal sealed class GenericModel : SearchModel
{
    // A positive parameter walks between e^-500 and e^500 of its unit: far past any data, short of overflow.
    private const double LogLimit = 500;

    private readonly BoundLaw bound;
    private readonly LawParameter[] parameters;
    private readonly double[] fixedValues;

    public GenericModel(Law law, BoundLaw bound, IReadOnlyDictionary<string, double> held)
    {
        this.bound = bound;
        parameters = [.. law.Parameters];
        fixedValues = [.. parameters.Select(p => held.TryGetValue(p.Name, out double v) ? v : double.NaN)];
        ParameterOf = [.. Enumerable.Range(0, parameters.Length).Where(i => double.IsNaN(fixedValues[i]))];
        Lower = [.. ParameterOf.Select(i => Walk(i, parameters[i].Lower))];
        Upper = [.. ParameterOf.Select(i => Walk(i, parameters[i].Upper))];
    }

    public override int Count => bound.Count;

    public override int Dimension => ParameterOf.Length;

    public override double[] Lower { get; }

    public override double[] Upper { get; }

    public override int[] ParameterOf { get; }

    public override void Predict(ReadOnlySpan<double> theta, Span<double> predictions)
    {
        Span<double> values = stackalloc double[parameters.Length];
        Expand(theta, values);
        bound.Predict(values, predictions);
    }

    public override void Jacobian(ReadOnlySpan<double> theta, Span<double> predictions, Span<double> jacobian)
    {
        int p = parameters.Length, free = Dimension;
        Span<double> values = stackalloc double[p];
        Expand(theta, values);
        if (free == p)
        {
            bound.Jacobian(values, predictions, jacobian);
        }
        else
        {
            double[] full = System.Buffers.ArrayPool<double>.Shared.Rent(Count * p);
            bound.Jacobian(values, predictions, full.AsSpan(0, Count * p));
            for (int i = 0; i < Count; i++)
            {
                for (int j = 0; j < free; j++)
                {
                    jacobian[(i * free) + j] = full[(i * p) + ParameterOf[j]];
                }
            }

            System.Buffers.ArrayPool<double>.Shared.Return(full);
        }

        for (int j = 0; j < free; j++)
        {
            if (parameters[ParameterOf[j]].Scale == ParameterScale.Log)
            {
                double factor = values[ParameterOf[j]];
                for (int i = 0; i < Count; i++)
                {
                    jacobian[(i * free) + j] *= factor;
                }
            }
        }
    }

    public override double[] ToParameters(ReadOnlySpan<double> theta)
    {
        var values = new double[parameters.Length];
        Expand(theta, values);
        return values;
    }

    public override double[] FromParameters(ReadOnlySpan<double> values)
    {
        var theta = new double[Dimension];
        for (int j = 0; j < theta.Length; j++)
        {
            theta[j] = Math.Clamp(Walk(ParameterOf[j], values[ParameterOf[j]]), Lower[j], Upper[j]);
        }

        return theta;
    }

    private double Walk(int i, double value) => parameters[i].Scale == ParameterScale.Log
        ? Math.Clamp(Math.Log(Math.Max(value, 0)), -LogLimit, LogLimit)
        : value;

    private void Expand(ReadOnlySpan<double> theta, Span<double> values)
    {
        fixedValues.CopyTo(values);
        for (int j = 0; j < theta.Length; j++)
        {
            int i = ParameterOf[j];
            values[i] = parameters[i].Scale == ParameterScale.Log ? Math.Exp(theta[j]) : theta[j];
        }
    }
}
