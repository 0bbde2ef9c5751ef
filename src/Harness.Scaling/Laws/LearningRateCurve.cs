namespace Harness.Scaling;

/// <summary>One run's schedule, prepared for sums over its steps.</summary>
internal sealed class LearningRateCurve
{
    /// <summary>Prepares a schedule.</summary>
    /// <param name="rates">Learning rate by step.</param>
    public LearningRateCurve(double[] rates)
    {
        Sums = new double[rates.Length];
        double sum = 0;
        List<int> steps = [];
        for (int k = 0; k < rates.Length; k++)
        {
            sum += rates[k];
            Sums[k] = sum;
            if (k > 0 && rates[k] != rates[k - 1] && rates[k] > 0)
            {
                steps.Add(k);
            }
        }

        Steps = [.. steps];
        Drops = [.. steps.Select(k => rates[k - 1] - rates[k])];
        LogRates = [.. steps.Select(k => Math.Log(rates[k]))];
        SumsBefore = [.. steps.Select(k => Sums[k - 1])];
    }

    /// <summary>eta_0 + ... + eta_k by step.</summary>
    public double[] Sums { get; }

    /// <summary>The steps at which the rate changes, ascending.</summary>
    public int[] Steps { get; }

    /// <summary>eta_(k-1) - eta_k at those steps.</summary>
    public double[] Drops { get; }

    /// <summary>log eta_k at those steps.</summary>
    public double[] LogRates { get; }

    /// <summary>eta_0 + ... + eta_(k-1) at those steps.</summary>
    public double[] SumsBefore { get; }

    /// <summary>Draws a schedule through logged (step, rate) pairs, ascending in step, with a linear warm-up from 0 if there is one.</summary>
    public static double[] Through(IReadOnlyList<(int Step, double Rate)> logged, int warmup)
    {
        var rates = new double[logged[^1].Step + 1];
        int next = 0;
        for (int k = 0; k < rates.Length; k++)
        {
            while (logged[next].Step < k)
            {
                next++;
            }

            if (next == 0 || logged[next].Step == k)
            {
                rates[k] = logged[next].Rate;
            }
            else
            {
                (int s0, double r0) = logged[next - 1];
                (int s1, double r1) = logged[next];
                rates[k] = r0 + ((r1 - r0) * (k - s0) / (s1 - s0));
            }

            if (k < warmup)
            {
                rates[k] = logged[0].Rate * k / warmup;
            }
        }

        return rates;
    }
}
