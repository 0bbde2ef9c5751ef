namespace Harness.Scaling;

/// <summary>
/// A stretch of changes of the learning rate, written as a weighted sum over some of them: sum_k drop_k F(S_(k-1), log eta_k) = sum_j weight_j F(before_j, logRate_j) for every smooth F.
/// Padded with weights of 0 to whole vectors of four.
/// </summary>
/// <param name="Weights">[j].</param>
/// <param name="Before">[j], the summed learning rate before the change.</param>
/// <param name="LogRates">[j], log of the rate after it.</param>
internal sealed record ChangeBlock(double[] Weights, double[] Before, double[] LogRates)
{
    /// <summary>Points that stand for a stretch: interpolation converges geometrically in their number, the faster the farther F's singularity lies from the stretch (Trefethen 2013, theorem 8.2).</summary>
    public const int Points = 12;

    // Rates logged in single precision scatter by 6e-8 around a smooth course, which the interpolation may double.
    private const double Smoothness = 3e-7;

    // How much a polynomial through the points may exceed their values in between; 2.5 for Chebyshev's own.
    private const double Steady = 8;

    /// <summary>Every change from a first one up to (without) an end.</summary>
    public static ChangeBlock Plain(LearningRateCurve curve, int first, int end)
    {
        int count = end - first, padded = (count + 3) / 4 * 4;
        double[] weights = new double[padded], before = new double[padded], rates = new double[padded];
        curve.Drops.AsSpan(first, count).CopyTo(weights);
        curve.SumsBefore.AsSpan(first, count).CopyTo(before);
        curve.LogRates.AsSpan(first, count).CopyTo(rates);
        before.AsSpan(count).Fill(curve.SumsBefore[first]);
        rates.AsSpan(count).Fill(curve.LogRates[first]);
        return new ChangeBlock(weights, before, rates);
    }

    /// <summary>The same by <see cref="Points"/> of them, those nearest to Chebyshev's points, each weighted by the integral of its Lagrange polynomial; null where the schedule has corners or jumps in between.</summary>
    public static ChangeBlock? Short(LearningRateCurve curve, int first, int end)
    {
        int[] chosen = Chosen(curve, first, end);
        double centre = 0.5 * (curve.Steps[first] + curve.Steps[end - 1]), half = 0.5 * (curve.Steps[end - 1] - curve.Steps[first]);
        double At(int k) => (curve.Steps[k] - centre) / half;
        double[] places = [.. chosen.Select(At)], scale = new double[Points], weights = new double[Points], share = new double[Points];
        for (int j = 0; j < Points; j++)
        {
            double product = 1;
            for (int i = 0; i < Points; i++)
            {
                product *= i == j ? 1 : 2 * (places[j] - places[i]);
            }

            scale[j] = 1 / product;
        }

        double length = curve.SumsBefore[end - 1] - curve.SumsBefore[first];
        for (int k = first, next = 0; k < end; k++)
        {
            if (next < Points && k == chosen[next])
            {
                weights[next++] += curve.Drops[k];
                continue;
            }

            double place = At(k), sum = 0, size = 0, before = 0, rate = 0;
            for (int j = 0; j < Points; j++)
            {
                share[j] = scale[j] / (place - places[j]);
                sum += share[j];
            }

            for (int j = 0; j < Points; j++)
            {
                share[j] /= sum;
                size += Math.Abs(share[j]);
                before += share[j] * curve.SumsBefore[chosen[j]];
                rate += share[j] * curve.LogRates[chosen[j]];
                weights[j] += share[j] * curve.Drops[k];
            }

            if (!(size <= Steady) || !(Math.Abs(rate - curve.LogRates[k]) <= Smoothness) || !(Math.Abs(before - curve.SumsBefore[k]) <= Smoothness * length))
            {
                return null;
            }
        }

        return new ChangeBlock(weights, [.. chosen.Select(k => curve.SumsBefore[k])], [.. chosen.Select(k => curve.LogRates[k])]);
    }

    // Distinct changes, ascending, each as near to a Chebyshev point (by its step) as its neighbours leave it.
    private static int[] Chosen(LearningRateCurve curve, int first, int end)
    {
        var chosen = new int[Points];
        double low = curve.Steps[first], high = curve.Steps[end - 1];
        for (int j = 0; j < Points; j++)
        {
            double place = (0.5 * (low + high)) - (0.5 * (high - low) * Math.Cos(Math.PI * (j + 0.5) / Points));
            int at = Array.BinarySearch(curve.Steps, first, end - first, (int)Math.Round(place));
            at = at < 0 ? ~at : at;
            chosen[j] = Math.Clamp(at, j == 0 ? first : chosen[j - 1] + 1, end - Points + j);
        }

        return chosen;
    }
}
