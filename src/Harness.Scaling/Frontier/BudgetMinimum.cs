using System.Globalization;
using MathNet.Numerics.Interpolation;

namespace Harness.Scaling;

/// <summary>Where the loss of one budget is least along one axis (log n or log d), or why it has no minimum.</summary>
internal sealed record BudgetMinimum(double Position, double Loss, double SumOfSquares, string? Refusal)
{
    /// <summary>Finds it.</summary>
    /// <param name="axis">n or d of each row of the budget.</param>
    /// <param name="loss">Their losses.</param>
    /// <param name="weights">Multiplicities of a resample.</param>
    /// <param name="method">Parabola or Akima.</param>
    /// <param name="name">"n" or "d", for the refusal.</param>
    public static BudgetMinimum Of(double[] axis, double[] loss, double[] weights, IsoFlopMethod method, string name)
    {
        int[] used = [.. Enumerable.Range(0, axis.Length).Where(i => weights[i] > 0).OrderBy(i => axis[i])];
        double[] distinct = [.. used.Select(i => axis[i]).Distinct()];
        int needed = method == IsoFlopMethod.Akima ? 5 : 3;
        if (distinct.Length < needed)
        {
            return Refused(string.Create(CultureInfo.InvariantCulture, $"there are {distinct.Length} different {name}, and a {method.ToString().ToLowerInvariant()} needs {needed}"), "Add sizes.");
        }

        // Repeated sizes count by their mean when the edge is judged.
        double Mean(double at) => used.Where(i => axis[i] == at).Average(i => loss[i]);
        double best = distinct.MinBy(Mean);
        if (best == distinct[0] || best == distinct[^1])
        {
            bool largest = best == distinct[^1];
            return Refused($"the lowest loss is at the {(largest ? "largest" : "smallest")} {name} tried, so there is no optimum here", $"Add {(largest ? "larger" : "smaller")} {name}.");
        }

        return method == IsoFlopMethod.Akima ? Spline(distinct, [.. distinct.Select(Mean)], name) : Parabola(axis, loss, weights, used, name);
    }

    private static BudgetMinimum Parabola(double[] axis, double[] loss, double[] weights, int[] used, string name)
    {
        double centre = used.Average(i => Math.Log(axis[i]));
        double[] gram = new double[9], right = new double[3];
        foreach (int i in used)
        {
            double z = Math.Log(axis[i]) - centre;
            double[] row = [1, z, z * z];
            for (int a = 0; a < 3; a++)
            {
                right[a] += weights[i] * row[a] * loss[i];
                for (int b = 0; b < 3; b++)
                {
                    gram[(a * 3) + b] += weights[i] * row[a] * row[b];
                }
            }
        }

        if (!SymmetricMatrix.Factor(gram, 3))
        {
            return Refused($"the {name} tried lie too close together", "Spread them over at least a factor of two.");
        }

        SymmetricMatrix.Solve(gram, 3, right);
        double vertex = centre - (right[1] / (2 * right[2]));
        if (!(right[2] > 0))
        {
            return Refused("the parabola opens downwards, so there is no optimum here", "Add points, or remove outliers.");
        }

        if (vertex <= Math.Log(axis[used[0]]) || vertex >= Math.Log(axis[used[^1]]))
        {
            return Refused($"the parabola's vertex lies outside the {name} tried", $"Add {name} beyond {(vertex < centre ? "the small" : "the large")} end.");
        }

        double squares = used.Sum(i =>
        {
            double z = Math.Log(axis[i]) - centre, r = loss[i] - right[0] - (right[1] * z) - (right[2] * z * z);
            return weights[i] * r * r;
        });
        return new BudgetMinimum(Math.Exp(vertex), right[0] - (right[1] * right[1] / (4 * right[2])), squares, null);
    }

    private static BudgetMinimum Spline(double[] sizes, double[] loss, string name)
    {
        double[] z = [.. sizes.Select(v => Math.Log(v))];
        CubicSpline spline = CubicSpline.InterpolateAkimaSorted(z, loss);
        const int Steps = 2000;
        double At(int i) => z[0] + ((z[^1] - z[0]) * i / Steps);
        int lowest = Enumerable.Range(0, Steps + 1).MinBy(i => spline.Interpolate(At(i)));
        if (lowest is 0 or Steps)
        {
            return Refused($"the spline's minimum lies at the edge of the {name} tried", $"Add {name} beyond it.");
        }

        double low = At(lowest - 1), high = At(lowest + 1);
        for (int i = 0; i < 80; i++)
        {
            double a = low + (0.381966 * (high - low)), b = high - (0.381966 * (high - low));
            (low, high) = spline.Interpolate(a) < spline.Interpolate(b) ? (low, b) : (a, high);
        }

        double at = 0.5 * (low + high);
        return new BudgetMinimum(Math.Exp(at), spline.Interpolate(at), 0, null);
    }

    private static BudgetMinimum Refused(string why, string mend) => new(double.NaN, double.NaN, 0, $"{why}. {mend}");
}
