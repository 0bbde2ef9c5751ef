namespace Harness.Scaling;

/// <summary>Fits laws to points. Pure: the same points, law, options and seed give the same result on any number of threads.</summary>
public static class Fitter
{
    /// <summary>Fits the law, or runs the procedure (<c>isoflop</c>, <c>envelope</c>), of this name.</summary>
    /// <exception cref="FitRefusedException">The data or the options cannot give the fit.</exception>
    public static FitResult Fit(Points points, string law, FitOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(points);
        return law switch
        {
            LawCatalog.IsoFlopName => IsoFlop.Fit(points, options ?? new FitOptions()),
            LawCatalog.EnvelopeName => Envelope.Fit(points, options ?? new FitOptions()),
            _ => Fit(points, LawCatalog.Find(law), options),
        };
    }

    /// <summary>Fits a law.</summary>
    /// <exception cref="FitRefusedException">The data or the options cannot give the fit.</exception>
    public static FitResult Fit(Points points, Law law, FitOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(law);
        return new LawFit(points, law, options ?? new FitOptions()).Run();
    }

    /// <summary>Evaluates a law with given parameters on points: predictions row by row, and an objective over them. Rows are taken as they are.</summary>
    /// <param name="points">With the law's variables, and its target.</param>
    /// <param name="law">The law.</param>
    /// <param name="parameters">In the law's order.</param>
    /// <param name="objective">Null for the law's own.</param>
    public static (double Objective, double[] Predictions) Evaluate(Points points, Law law, double[] parameters, Objective? objective = null)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(law);
        var predictions = new double[points.Count];
        law.Bind(points).Predict(parameters, predictions);
        double[] weights = points.TryColumn("weight", out double[]? w) ? w : [];
        return ((objective ?? law.DefaultObjective).Value(points.Column(law.Target), predictions, weights), predictions);
    }
}
