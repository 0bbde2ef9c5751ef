namespace Harness.Scaling;

/// <summary>A model, observations, weights and an objective: the function that a search minimises (always the weighted sum; a mean is taken at the end).</summary>
internal sealed class FitProblem
{
    public FitProblem(SearchModel model, double[] observed, double[] weights, Objective objective)
    {
        Model = model;
        Observed = observed;
        Weights = weights;
        Objective = objective;
        Active = [.. Enumerable.Range(0, observed.Length).Where(i => weights[i] > 0)];
        Goal = objective.OnLogarithms ? [.. observed.Select(y => Math.Log(y))] : observed;
    }

    public SearchModel Model { get; }

    public double[] Observed { get; }

    /// <summary>[n], zero for rows that a resample did not draw.</summary>
    public double[] Weights { get; }

    public Objective Objective { get; }

    /// <summary>The rows of positive weight.</summary>
    public int[] Active { get; }

    /// <summary>The observations on the objective's scale.</summary>
    public double[] Goal { get; }

    /// <summary>The same problem with other weights.</summary>
    public FitProblem Reweighted(double[] weights) => new(Model, Observed, weights, Objective);

    /// <summary>The same problem with other observations.</summary>
    public FitProblem Reobserved(double[] observed) => new(Model, observed, Weights, Objective);

    /// <summary>The weighted sum of penalties; infinite where a logarithm does not exist or a prediction is not finite.</summary>
    public double Value(ReadOnlySpan<double> theta, Span<double> predictions)
    {
        Model.Predict(theta, predictions);
        return ValueOf(predictions);
    }

    /// <summary>The weighted sum of penalties of predictions.</summary>
    public double ValueOf(ReadOnlySpan<double> predictions)
    {
        double sum = 0;
        bool logarithms = Objective.OnLogarithms;
        foreach (int i in Active)
        {
            double predicted = predictions[i];
            double residual = (logarithms ? Math.Log(predicted) : predicted) - Goal[i];
            sum += Weights[i] * Objective.PenaltyOf(residual);
        }

        return double.IsFinite(sum) ? sum : double.PositiveInfinity;
    }

    /// <summary>The value as printed: the sum, or the mean over the weights.</summary>
    public double Printed(double sum) => Objective.IsMean ? sum / Weights.Sum() : sum;
}
