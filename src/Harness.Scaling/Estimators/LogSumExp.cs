using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Harness.Scaling;

/// <summary>
/// The objective of a <see cref="PowerTermsLaw"/> with non-negative coefficients in the coordinates (log c'_k, q_j), the prediction being the log-sum-exp of its terms
/// (Hoffmann et al., 2203.15556, eq. 3), centred on the data so that the start grid's coefficients and exponents hardly trade. Fused value and gradient, four rows at a time.
/// </summary>
internal sealed class LogSumExp : IDifferentiable
{
    private readonly int k;
    private readonly int q;
    private readonly Factor[][] factors;
    private readonly double[][] centres;
    private readonly double[] goal;
    private readonly double[] weights;
    private readonly Objective objective;

    public LogSumExp(PowerTermsLaw law, PowerColumns columns, FitProblem problem)
    {
        k = law.CoefficientCount;
        q = law.ShapeCount;
        objective = problem.Objective;
        centres = new double[k][];
        factors = new Factor[k][];
        for (int term = 0; term < k; term++)
        {
            centres[term] = new double[q];
            List<Factor> mine = [];
            for (int j = 0; j < q; j++)
            {
                if (columns.Exponents[term][j] is { } column)
                {
                    double centre = column.AsSpan(0, columns.Count).ToArray().Average();
                    centres[term][j] = centre;
                    double[] centred = [.. column.Select((x, i) => i < columns.Count ? x - centre : 0)];
                    mine.Add(new Factor(j, MemoryMarshal.Cast<double, Vector256<double>>(centred).ToArray()));
                }
            }

            factors[term] = [.. mine];
        }

        goal = new double[columns.Padded];
        weights = new double[columns.Padded];
        problem.Goal.CopyTo(goal, 0);
        problem.Weights.CopyTo(weights, 0);
    }

    public int Dimension => k + q;

    /// <summary>The coordinates of parameters (coefficients, then shape).</summary>
    public double[] FromCoefficients(ReadOnlySpan<double> coefficients, ReadOnlySpan<double> shape)
    {
        var x = new double[k + q];
        for (int term = 0; term < k; term++)
        {
            x[term] = Math.Max(Math.Log(coefficients[term]), -700);
            for (int j = 0; j < q; j++)
            {
                x[term] += shape[j] * centres[term][j];
            }
        }

        shape.CopyTo(x.AsSpan(k));
        return x;
    }

    /// <summary>The coefficients behind coordinates; the shape is the coordinates' tail.</summary>
    public double[] ToCoefficients(ReadOnlySpan<double> x)
    {
        var coefficients = new double[k];
        for (int term = 0; term < k; term++)
        {
            double log = x[term];
            for (int j = 0; j < q; j++)
            {
                log -= x[k + j] * centres[term][j];
            }

            coefficients[term] = Math.Exp(log);
        }

        return coefficients;
    }

    public double Evaluate(ReadOnlySpan<double> x, Span<double> gradient)
    {
        Span<Vector256<double>> sums = stackalloc Vector256<double>[k + q];
        Span<Vector256<double>> terms = stackalloc Vector256<double>[k];
        sums.Clear();
        for (int term = 0; term < k; term++)
        {
            if (factors[term].Length == 0)
            {
                terms[term] = Vector256.Create(Math.Exp(x[term]));
            }
        }

        ReadOnlySpan<Vector256<double>> goals = MemoryMarshal.Cast<double, Vector256<double>>(goal);
        ReadOnlySpan<Vector256<double>> weighting = MemoryMarshal.Cast<double, Vector256<double>>(weights);
        Vector256<double> total = default;
        bool logarithms = objective.OnLogarithms;
        for (int i = 0; i < goals.Length; i++)
        {
            Vector256<double> prediction = default;
            for (int term = 0; term < k; term++)
            {
                Factor[] mine = factors[term];
                if (mine.Length > 0)
                {
                    Vector256<double> log = Vector256.Create(x[term]);
                    foreach (Factor factor in mine)
                    {
                        log += factor.Column[i] * x[k + factor.Shape];
                    }

                    terms[term] = Vector256.Exp(log);
                }

                prediction += terms[term];
            }

            Vector256<double> residual = (logarithms ? Vector256.Log(prediction) : prediction) - goals[i];
            Vector256<double> slope = Penalise(residual, weighting[i], ref total);
            if (logarithms)
            {
                slope /= prediction;
            }

            for (int term = 0; term < k; term++)
            {
                Vector256<double> share = slope * terms[term];
                sums[term] += share;
                foreach (Factor factor in factors[term])
                {
                    sums[k + factor.Shape] += share * factor.Column[i];
                }
            }
        }

        for (int j = 0; j < k + q; j++)
        {
            gradient[j] = Vector256.Sum(sums[j]);
        }

        double value = Vector256.Sum(total);
        return double.IsFinite(value) ? value : double.PositiveInfinity;
    }

    // Adds the penalties; returns their slopes.
    private Vector256<double> Penalise(Vector256<double> residual, Vector256<double> weight, ref Vector256<double> total)
    {
        Vector256<double> size = Vector256.Abs(residual);
        switch (objective.Penalty)
        {
            case Penalty.Square:
                total += weight * residual * residual;
                return 2 * weight * residual;
            case Penalty.Huber:
                Vector256<double> delta = Vector256.Create(objective.Delta!.Value);
                Vector256<double> inside = Vector256.LessThanOrEqual(size, delta);
                total += weight * Vector256.ConditionalSelect(inside, 0.5 * residual * residual, delta * (size - (0.5 * delta)));
                return weight * Vector256.Max(Vector256.Min(residual, delta), -delta);
            default:
                Vector256<double> over = Vector256.Create(objective.OverWeight ?? 1);
                Vector256<double> slope = Vector256.ConditionalSelect(Vector256.GreaterThan(residual, Vector256<double>.Zero), over, -Vector256<double>.One);
                total += weight * slope * residual;
                return weight * slope;
        }
    }

    // The centred logarithms that one shape parameter multiplies in one term.
    private readonly record struct Factor(int Shape, Vector256<double>[] Column);
}
