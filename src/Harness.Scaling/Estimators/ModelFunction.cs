namespace Harness.Scaling;

/// <summary>The objective of any law as a function of a model's coordinates. Outside the domain it is infinite. Serves one thread.</summary>
internal sealed class ModelFunction(FitProblem problem, SearchModel model) : IDifferentiable
{
    private readonly double[] predictions = new double[model.Count];
    private readonly double[] jacobian = new double[model.Count * model.Dimension];

    public int Dimension => model.Dimension;

    public double Evaluate(ReadOnlySpan<double> x, Span<double> gradient)
    {
        int p = model.Dimension;
        gradient.Clear();
        for (int k = 0; k < p; k++)
        {
            if (x[k] < model.Lower[k] || x[k] > model.Upper[k])
            {
                return double.PositiveInfinity;
            }
        }

        model.Jacobian(x, predictions, jacobian);
        double value = problem.ValueOf(predictions);
        if (!double.IsFinite(value))
        {
            return double.PositiveInfinity;
        }

        bool logarithms = problem.Objective.OnLogarithms;
        foreach (int i in problem.Active)
        {
            double predicted = predictions[i];
            double residual = (logarithms ? Math.Log(predicted) : predicted) - problem.Goal[i];
            double slope = Linearisation.Slope(problem.Objective, residual, problem.Weights[i]) * (logarithms ? 1 / predicted : 1);
            for (int k = 0; k < p; k++)
            {
                gradient[k] += slope * jacobian[(i * p) + k];
            }
        }

        return value;
    }
}
