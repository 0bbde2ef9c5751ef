namespace Harness.Scaling;

/// <summary>Law, rows, objective and search coordinates, tied together once and shared by the fit, its resamples and its hold-out.</summary>
internal sealed record FitContext(Points Points, BoundLaw Bound, BoundBasis? Basis, SearchModel Model, FitProblem Problem, GlobalSearch Search, IReadOnlyDictionary<string, double> Held)
{
    /// <summary>Refuses too little data, chooses the coordinates and prepares the starts.</summary>
    public static FitContext For(Points points, Law law, Objective objective, FitOptions options)
    {
        var held = new Dictionary<string, double>(law.HeldBy(points));
        foreach ((string name, double value) in options.Fixed)
        {
            held[name] = value;
        }

        int free = law.Parameters.Count(p => !held.ContainsKey(p.Name));
        if (free == 0)
        {
            throw new FitRefusedException(RefusalReason.InvalidOption, $"Every parameter of {law.Name} is fixed, so there is nothing to fit.", "Free at least one, or evaluate the law instead.");
        }

        PreparedPoints.RequireEnough(points, law, free, options.Fixed.Count == 0 ? law.MustVary : []);
        BoundLaw bound = law.Bind(points);
        BoundBasis? basis = law is SeparableLaw separable ? separable.BindBasis(points) : null;
        SearchModel model = ModelFor(points, law, bound, basis, held);
        double[] weights = options.UseWeights && points.TryColumn("weight", out double[]? given) ? given : [.. Enumerable.Repeat(1.0, points.Count)];
        if (weights.Any(w => !(w >= 0) || double.IsInfinity(w)) || weights.Count(w => w > 0) < free)
        {
            throw new FitRefusedException(RefusalReason.InvalidVariable, "The weights must be finite and not negative, and positive for at least as many points as there are parameters.", "Correct the weight column, or leave it out.");
        }

        var problem = new FitProblem(model, points.Column(law.Target), weights, objective);
        return new FitContext(points, bound, basis, model, problem, new GlobalSearch(model, law, points), held);
    }

    /// <summary>The search coordinates: the separable ones where the law has them and they can hold what is held.</summary>
    public static SearchModel ModelFor(Points points, Law law, BoundLaw bound, BoundBasis? basis, IReadOnlyDictionary<string, double> held) =>
        law is SeparableLaw separable && basis is not null && (separable.ScaleExponents.Count == 0 || held.Count == 0)
            ? new SeparableModel(separable, basis, separable.Centre(points), held)
            : new GenericModel(law, bound, held);
}
