namespace Harness.Scaling;

/// <summary>A surface E + A/N^alpha + B/D^beta (Hoffmann et al., 2203.15556, eq. 2) through the points of a sweep, on which a procedure's own errors are measured: its optimum is known in closed form.</summary>
internal sealed record FrontierSurface(double[] Parameters, double[] Losses, double Objective)
{
    private static readonly Chinchilla Law = new();

    /// <summary>Fits it; null where the points cannot give one.</summary>
    /// <param name="points">With n, d and loss.</param>
    /// <param name="losses">In place of the points' own.</param>
    /// <param name="weights">By row; empty for 1.</param>
    /// <param name="options">For its threads.</param>
    public static FrontierSurface? Through(Points points, double[] losses, double[] weights, FitOptions options)
    {
        try
        {
            Points weighted = points.With("loss", losses);
            weighted = weights.Length > 0 ? weighted.With("weight", weights) : weighted;
            FitResult fit = Fitter.Fit(weighted, Law, new FitOptions { Objective = Scaling.Objective.LogHuber(1e-3), Threads = options.Threads, UseWeights = weights.Length > 0 });
            var predicted = new double[points.Count];
            Law.Bind(points).Predict(fit.ParameterValues, predicted);
            return new FrontierSurface(fit.ParameterValues, predicted, fit.Objective.Value);
        }
        catch (FitRefusedException)
        {
            return null;
        }
    }

    /// <summary>Whether both terms fall, so that there is an optimum at every compute.</summary>
    public bool HasOptimum => Parameters[1] > 0 && Parameters[2] > 0 && Parameters[3] > 0.01 && Parameters[4] > 0.01;

    /// <summary>The optimum at a compute under c = 6nd.</summary>
    public (double N, double D, double Loss) OptimumAt(double compute) => Law.OptimumAt(Parameters, compute)!.Value;

    /// <summary>What a procedure without error would find, in the order of <see cref="FrontierLines.Names"/> (eq. 4).</summary>
    /// <param name="perToken">FLOPs per parameter and token; 6 under c = 6nd.</param>
    public double[] Frontier(double perToken)
    {
        double alpha = Parameters[3], beta = Parameters[4], a = beta / (alpha + beta), b = alpha / (alpha + beta);
        double g = Math.Pow(alpha * Parameters[1] / (beta * Parameters[2]), 1 / (alpha + beta));
        return [a, g * Math.Pow(perToken, -a), b, Math.Pow(perToken, -b) / g];
    }
}
