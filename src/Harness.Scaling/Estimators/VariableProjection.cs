namespace Harness.Scaling;

/// <summary>
/// Searches the shape of a separable law with the coefficients solved inside (Golub and Pereyra 1973): for a given shape a few reweighted non-negative least-squares
/// solves give the coefficients (Huber and least absolute deviations by reweighting; logarithms by working with relative errors).
/// </summary>
internal sealed class VariableProjection
{
    private readonly FitProblem problem;
    private readonly SeparableModel model;
    private readonly double[] scratch;
    private readonly double[] basis;
    private readonly double[] offset;
    private readonly double[] predictions;
    private readonly double[] residuals;

    public VariableProjection(FitProblem problem)
    {
        this.problem = problem;
        model = (SeparableModel)problem.Model;
        scratch = new double[model.Count * model.K];
        basis = new double[model.Count * Math.Max(1, model.FreeCoefficientCount)];
        offset = new double[model.Count];
        predictions = new double[model.Count];
        residuals = new double[model.Count];
    }

    /// <summary>The point with the best coefficients for a shape, and the objective there (infinite when there is none).</summary>
    /// <param name="shape">[Q].</param>
    /// <param name="rounds">Reweighting rounds: a handful ranks shapes, more approaches the exact coefficients.</param>
    public (double[] Theta, double Value) Project(ReadOnlySpan<double> shape, int rounds)
    {
        int k = model.FreeCoefficientCount;
        double[] held = model.HoldShape(shape);
        model.ScaledBasis(held, scratch, basis, offset);
        Span<double> c = stackalloc double[k];
        Span<double> best = stackalloc double[k];
        Span<double> gram = stackalloc double[k * k];
        Span<double> right = stackalloc double[k];
        double bestValue = double.PositiveInfinity;
        double size = 0;
        for (int round = 0; round < rounds; round++)
        {
            Accumulate(round, size, gram, right, k);
            if (k > 0 && !NonNegativeSolve.Solve(gram, right, model.CoefficientIsSigned, k, c))
            {
                break;
            }

            double value = Predict(c, k, out size);
            if (value < bestValue)
            {
                bestValue = value;
                c.CopyTo(best);
            }

            if (!double.IsFinite(value) || k == 0 || (problem.Objective is { Penalty: Penalty.Square, OnLogarithms: false }))
            {
                break;
            }
        }

        return (model.Join(best, held), bestValue);
    }

    private void Accumulate(int round, double size, Span<double> gram, Span<double> right, int k)
    {
        gram.Clear();
        right.Clear();
        Objective objective = problem.Objective;
        foreach (int i in problem.Active)
        {
            double weight = problem.Weights[i], observed = problem.Observed[i], unit = 1, target = observed;
            if (objective.OnLogarithms)
            {
                // log p - log y = phi c / p0 - 1 + log(p0 / y) to first order, p0 the last prediction.
                double at = round == 0 ? observed : predictions[i];
                unit = 1 / at;
                target = round == 0 ? at : at * (1 - residuals[i]);
            }

            if (round > 0)
            {
                weight *= Reweight(objective, residuals[i], size);
            }

            double w = weight * unit * unit;
            target -= offset[i];
            for (int a = 0; a < k; a++)
            {
                double phi = w * basis[(i * k) + a];
                right[a] += phi * target;
                for (int b = 0; b <= a; b++)
                {
                    gram[(a * k) + b] += phi * basis[(i * k) + b];
                }
            }
        }

        for (int a = 0; a < k; a++)
        {
            for (int b = 0; b < a; b++)
            {
                gram[(b * k) + a] = gram[(a * k) + b];
            }
        }
    }

    private static double Reweight(Objective objective, double residual, double size)
    {
        double magnitude = Math.Abs(residual);
        return objective.Penalty switch
        {
            Penalty.Huber => Math.Min(1, objective.Delta!.Value / Math.Max(magnitude, 1e-300)),
            Penalty.Absolute => 1 / Math.Max(magnitude, (1e-3 * size) + 1e-300),
            Penalty.AsymmetricAbsolute => (residual > 0 ? objective.OverWeight!.Value : 1) / Math.Max(magnitude, (1e-3 * size) + 1e-300),
            _ => 1,
        };
    }

    private double Predict(ReadOnlySpan<double> c, int k, out double size)
    {
        double sum = 0, total = 0;
        Objective objective = problem.Objective;
        foreach (int i in problem.Active)
        {
            double predicted = offset[i];
            for (int a = 0; a < k; a++)
            {
                predicted += c[a] * basis[(i * k) + a];
            }

            predictions[i] = predicted;
            double residual = (objective.OnLogarithms ? Math.Log(predicted) : predicted) - problem.Goal[i];
            residuals[i] = residual;
            total += Math.Abs(residual);
            sum += problem.Weights[i] * objective.PenaltyOf(residual);
        }

        size = total / problem.Active.Length;
        return double.IsFinite(sum) ? sum : double.PositiveInfinity;
    }
}
