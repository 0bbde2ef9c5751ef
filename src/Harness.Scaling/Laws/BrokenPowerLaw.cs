namespace Harness.Scaling;

/// <summary>
/// Caballero et al., 2210.14891, eq. 1 (BNSL): y = a + b x^-c0 prod_i (1 + (x/d_i)^(1/f_i))^(-c_i f_i), a smoothly broken power law. Break i lies at d_i, changes the
/// slope from the sum of the c before it by c_i, and is sharp when f_i is small.
/// </summary>
public sealed class BrokenPowerLaw : SeparableLaw
{
    private readonly int breaks;

    /// <summary>Creates the law with one, two or three breaks; named <c>bnsl</c> with one, <c>bnsl-2</c> and <c>bnsl-3</c> otherwise.</summary>
    /// <exception cref="ArgumentOutOfRangeException">breaks is not 1, 2 or 3.</exception>
    public BrokenPowerLaw(int breaks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(breaks, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(breaks, 3);
        this.breaks = breaks;
        Name = breaks == 1 ? "bnsl" : $"bnsl-{breaks}";
        List<LawParameter> parameters =
        [
            LawParameter.Coefficient("a", "the limit at infinite x"),
            LawParameter.Coefficient("b", "scale of the first segment"),
            LawParameter.OfEitherSign("c0", "slope of the first segment: y falls as x^-c0", -10, 10),
        ];
        for (int i = 1; i <= breaks; i++)
        {
            parameters.Add(LawParameter.OfEitherSign($"c{i}", $"change of slope at break {i}", -10, 10));
            parameters.Add(LawParameter.Coefficient($"d{i}", $"x at break {i}"));
            parameters.Add(new LawParameter($"f{i}", 1e-3, 5, ParameterScale.Log, $"width of break {i}: it spreads over a factor of about e^f around d{i}"));
        }

        Parameters = parameters;
        string product = string.Concat(Enumerable.Range(1, breaks).Select(i => $" * (1 + (x/d{i})^(1/f{i}))^(-c{i}*f{i})"));
        Equation = $"loss = a + b*x^-c0{product}";
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Source => "Caballero et al. 2022, arXiv 2210.14891, eq. 1";

    /// <inheritdoc/>
    public override string Equation { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["x"];

    /// <inheritdoc/>
    public override int CoefficientCount => 2;

    /// <summary>A break may sit in the wrong bend: six of eight descents agreed on such a minimum.</summary>
    public override bool HasManyBasins => true;

    /// <inheritdoc/>
    public override Objective DefaultObjective => Objective.LogMse();

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; }

    /// <inheritdoc/>
    public override void Basis(ReadOnlySpan<double> shape, ReadOnlySpan<double> variables, Span<double> basis)
    {
        double logX = Math.Log(variables[0]);
        double log = -shape[0] * logX;
        for (int i = 0; i < breaks; i++)
        {
            double c = shape[1 + (3 * i)], d = shape[2 + (3 * i)], f = shape[3 + (3 * i)];
            log -= c * f * SoftPlus((logX - Math.Log(d)) / f);
        }

        basis[0] = 1;
        basis[1] = Math.Exp(log);
    }

    /// <inheritdoc/>
    public override void BasisGradient(ReadOnlySpan<double> shape, ReadOnlySpan<double> variables, Span<double> basis, Span<double> derivative)
    {
        Basis(shape, variables, basis);
        derivative.Clear();
        Span<double> slope = derivative[shape.Length..];
        double logX = Math.Log(variables[0]), y = basis[1];
        slope[0] = -logX * y;
        for (int i = 0; i < breaks; i++)
        {
            double c = shape[1 + (3 * i)], d = shape[2 + (3 * i)], f = shape[3 + (3 * i)];
            double u = (logX - Math.Log(d)) / f, soft = SoftPlus(u);
            double share = u > 0 ? 1 / (1 + Math.Exp(-u)) : Math.Exp(u) / (1 + Math.Exp(u));
            slope[1 + (3 * i)] = -f * soft * y;
            slope[2 + (3 * i)] = c * share / d * y;
            slope[3 + (3 * i)] = -c * (soft - (share * u)) * y;
        }
    }

    /// <summary>Breaks in ascending order: the search may have taken them past each other.</summary>
    public override double[] Canonical(double[] parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return [.. parameters.Take(3), .. parameters.Skip(3).Chunk(3).OrderBy(b => b[1]).SelectMany(b => b)];
    }

    /// <inheritdoc/>
    public override BoundBasis BindBasis(Points points)
    {
        ArgumentNullException.ThrowIfNull(points);
        return new BrokenColumns(breaks, points.Column("x"));
    }

    /// <inheritdoc/>
    public override IEnumerable<double[]> ShapeStarts(Points points)
    {
        ArgumentNullException.ThrowIfNull(points);
        double[] x = points.Column("x");
        double low = Math.Log(x.Min()), high = Math.Log(x.Max());
        int places = breaks == 1 ? 12 : breaks == 2 ? 7 : 6;
        double[] positions = [.. Enumerable.Range(0, places).Select(i => Math.Exp(low + ((high - low) * (i + 0.5) / places)))];
        double[] first = breaks == 1 ? [0.02, 0.08, 0.2, 0.5, 1.2] : breaks == 2 ? [0.03, 0.15, 0.6] : [0.05, 0.4];
        double[] changes = breaks == 1 ? [-0.5, -0.15, -0.05, 0.05, 0.15, 0.5, 1.5] : breaks == 2 ? [-0.3, -0.08, 0.08, 0.3, 1] : [-0.25, 0.25];
        double[] widths = breaks == 1 ? [0.05, 0.3, 1] : [0.2];
        foreach (double[] where in Ascending(positions, breaks))
        {
            foreach (double c0 in first)
            {
                foreach (double[] change in ExponentGrid.Product([.. Enumerable.Repeat(changes, breaks)]))
                {
                    foreach (double width in widths)
                    {
                        double[] shape = [c0, .. Enumerable.Range(0, breaks).SelectMany(i => new[] { change[i], where[i], width })];
                        yield return shape;
                    }
                }
            }
        }
    }

    private static double SoftPlus(double u) => u > 0 ? u + Math.Log(1 + Math.Exp(-u)) : Math.Log(1 + Math.Exp(u));

    private static IEnumerable<double[]> Ascending(double[] values, int count) =>
        ExponentGrid.Product([.. Enumerable.Repeat(values, count)]).Where(p => p.Zip(p.Skip(1), (a, b) => a < b).All(ordered => ordered));
}
