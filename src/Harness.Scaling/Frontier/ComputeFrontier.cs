namespace Harness.Scaling;

/// <summary>Questions about a fitted law that trades n against d under c = 6nd.</summary>
public static class ComputeFrontier
{
    /// <summary>The least compute at which the optimum of the law reaches a loss.</summary>
    /// <returns>The compute, n, d and loss there.</returns>
    /// <exception cref="FitRefusedException">The law has no such trade, or never reaches the loss (it lies at or below the irreducible loss).</exception>
    public static (double Compute, double N, double D, double Loss) ForLoss(Law law, ReadOnlySpan<double> parameters, double targetLoss)
    {
        ArgumentNullException.ThrowIfNull(law);
        double low = 0, high = 80;
        if (law.OptimumAt(parameters, 1e20) is null)
        {
            throw new FitRefusedException(RefusalReason.InvalidOption, $"{law.Name} has no optimum of n and d at a given compute.", "Use a joint law such as chinchilla.");
        }

        if (!(law.OptimumAt(parameters, Math.Pow(10, high))!.Value.Loss < targetLoss) || !(law.OptimumAt(parameters, 1)!.Value.Loss > targetLoss))
        {
            throw new FitRefusedException(
                RefusalReason.InvalidOption,
                string.Create(System.Globalization.CultureInfo.InvariantCulture, $"No compute between 1 and 1e80 FLOPs brings the optimal loss to {targetLoss}."),
                "Ask for a loss above the law's irreducible one.");
        }

        for (int i = 0; i < 200 && high - low > 1e-14 * high; i++)
        {
            double middle = 0.5 * (low + high);
            (low, high) = law.OptimumAt(parameters, Math.Pow(10, middle))!.Value.Loss > targetLoss ? (middle, high) : (low, middle);
        }

        double compute = Math.Pow(10, 0.5 * (low + high));
        (double n, double d, double loss) = law.OptimumAt(parameters, compute)!.Value;
        return (compute, n, d, loss);
    }
}
