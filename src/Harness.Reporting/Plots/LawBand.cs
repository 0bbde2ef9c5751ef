using Harness.Reporting.Fits;
using Harness.Scaling;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.LinearAlgebra;

namespace Harness.Reporting.Plots;

/// <summary>
/// How sure a fitted law is of the loss at a point: quantiles over the bootstrap's resamples; without a bootstrap the delta method on the log loss,
/// with Student's t for the few points that sweeps have.
/// </summary>
internal static class LawBand
{
    /// <summary>With fewer resamples the 2.5 % quantile would be the extreme one.</summary>
    private const int FewestDraws = 40;

    /// <summary>The ends of the interval at values of the law's variables, in its order; null where the entry has neither resamples nor enough rows.</summary>
    public static Func<double[], (double Low, double High)>? Of(Law law, double[] parameters, FitRecord fit)
    {
        if (fit.Draws is { Count: >= FewestDraws } draws && draws.Parameters.SequenceEqual(law.Parameters.Select(p => p.Name)))
        {
            var resamples = draws.Unpack();
            return x => Over(draws, law, resamples, x, fit.Confidence);
        }

        return fit.Rows is { } rows && rows.Observed.Count > parameters.Length && law.Variables.All(rows.Columns.ContainsKey)
            ? Delta(law, parameters, rows, fit.Confidence)
            : null;
    }

    private static (double Low, double High) Over(DrawsRecord draws, Law law, IReadOnlyList<double[]> resamples, double[] x, double confidence)
    {
        double[] values = [.. resamples.Select(d => law.Evaluate(d, x)).Where(double.IsFinite)];
        return values.Length < FewestDraws ? (double.NaN, double.NaN) : draws.IntervalOf(values, confidence);
    }

    private static Func<double[], (double Low, double High)> Delta(Law law, double[] parameters, FittedRows rows, double confidence)
    {
        int count = rows.Observed.Count;
        var jacobian = Matrix<double>.Build.Dense(count, parameters.Length);
        double squares = 0;
        for (int i = 0; i < count; i++)
        {
            jacobian.SetRow(i, LogSlope(law, parameters, [.. law.Variables.Select(v => rows.Columns[v][i])]));
            squares += Math.Pow(Math.Log(rows.Observed[i] / rows.Predicted[i]), 2);
        }

        // The pseudo-inverse leaves out what the rows cannot tell apart, and parameters at 0.
        int freedom = count - jacobian.Rank();
        var half = jacobian.PseudoInverse() * Math.Sqrt(squares / freedom);
        double reach = StudentT.InvCDF(0, 1, freedom, (1 + confidence) / 2);
        return x =>
        {
            double middle = law.Evaluate(parameters, x);
            double spread = reach * half.LeftMultiply(Vector<double>.Build.Dense(LogSlope(law, parameters, x))).L2Norm();
            return (middle * Math.Exp(-spread), middle * Math.Exp(spread));
        };
    }

    /// <summary>Derivatives of the log loss by the logarithms of the parameters: all of one size, whatever their units.</summary>
    private static double[] LogSlope(Law law, double[] parameters, double[] x)
    {
        double[] slope = new double[parameters.Length];
        double value = law.Gradient(parameters, x, slope);
        return [.. slope.Select((s, j) => s * parameters[j] / value)];
    }
}
