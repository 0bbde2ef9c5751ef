namespace Harness.Scaling;

/// <summary>
/// Luo et al., 2503.12811, eqs. 3-5 (multi-power law): the loss at every step of a run under a learning-rate schedule eta_1, eta_2, ...:
/// L(t) = L0 + A S_1(t)^-alpha - B sum_k (eta_(k-1) - eta_k) (1 - (1 + C eta_k^-gamma S_k(t))^-beta), S_k(t) = eta_k + ... + eta_t. The sum runs over all steps: the rises of the
/// warm-up count as negative drops, which is how the published constants were fitted (without them its losses come out 0.1 nats too low).
/// A table has a row for each logged step (<c>step</c>, <c>lr</c>, <c>loss</c>), its runs told apart by group. Schedules are <see cref="Points.Schedules"/>, or are drawn
/// through the rows by straight lines, with a linear warm-up from 0 over the steps in the column <c>warmup</c> if there is one.
/// </summary>
public sealed class MultiPower : SeparableLaw
{
    /// <inheritdoc/>
    public override string Name => "multi-power";

    /// <inheritdoc/>
    public override string Source => "Luo et al. 2025, arXiv 2503.12811, eqs. 3-5";

    /// <inheritdoc/>
    public override string Equation => "loss(t) = l0 + a*S1(t)^-alpha - b*sum_k (lr[k-1]-lr[k])*(1-(1+c*lr[k]^-gamma*Sk(t))^-beta), Sk(t) = lr[k]+...+lr[t]";

    /// <summary>How fast the gain comes in (c, beta, gamma) is known along a bent ridge only; symmetric intervals held b in 90.5 % of 200 truths.</summary>
    public override bool HasBentValleys => true;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variables { get; } = ["step", "lr"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> MustVary { get; } = ["step"];

    /// <inheritdoc/>
    public override int CoefficientCount => 3;

    /// <inheritdoc/>
    public override IReadOnlyList<LawParameter> Parameters { get; } =
    [
        LawParameter.Coefficient("l0", "loss of an endless run"),
        LawParameter.Coefficient("a", "loss per S1^-alpha"),
        LawParameter.Coefficient("b", "loss gained per unit of learning rate given up"),
        LawParameter.Exponent("alpha", "exponent of the summed learning rate"),
        LawParameter.Coefficient("c", "how fast the gain of a lower learning rate comes in"),
        new("beta", 1e-3, 5, ParameterScale.Linear, "exponent of that gain; towards 0 the gain is a logarithm"),
        LawParameter.Exponent("gamma", "how much faster it comes in at low learning rates"),
    ];

    /// <inheritdoc/>
    public override bool Accepts(string variable, double value) => double.IsFinite(value) && value >= 0;

    /// <summary>
    /// A single point is a constant rate that was risen to at once: the rise is a negative drop, as in <see cref="BindBasis"/> (left out, losses come out 0.2 nats too low on the published curves). Its size is also what searches
    /// measure the gain by: as beta -> 0 the gain is a logarithm times b beta, and a search must not follow b to infinity.
    /// </summary>
    public override void Basis(ReadOnlySpan<double> shape, ReadOnlySpan<double> variables, Span<double> basis)
    {
        double rate = variables[1], sum = (variables[0] + 1) * rate;
        basis[0] = 1;
        basis[1] = Math.Pow(sum, -shape[0]);
        basis[2] = rate > 0 ? rate * (1 - Math.Exp(-shape[2] * Math.Log(1 + (shape[1] * Math.Pow(rate, -shape[3]) * sum)))) : 0;
    }

    /// <inheritdoc/>
    public override void BasisGradient(ReadOnlySpan<double> shape, ReadOnlySpan<double> variables, Span<double> basis, Span<double> derivative)
    {
        Basis(shape, variables, basis);
        derivative.Clear();
        double c = shape[1], beta = shape[2], gamma = shape[3], rate = variables[1], sum = (variables[0] + 1) * rate;
        derivative[ShapeCount] = -Math.Log(sum) * basis[1];
        if (rate > 0)
        {
            double y = c * Math.Pow(rate, -gamma) * sum, log = Math.Log(1 + y), left = Math.Exp(-beta * log), perSpeed = rate * beta * left * y / (1 + y);
            derivative[(2 * ShapeCount) + 1] = perSpeed / c;
            derivative[(2 * ShapeCount) + 2] = rate * left * log;
            derivative[(2 * ShapeCount) + 3] = -perSpeed * Math.Log(rate);
        }
    }

    /// <summary>c lr^-gamma, since schedules spend most of their changes within a factor of a few; from gains that have hardly begun at the end of a run to such as are complete within a step.</summary>
    public override ShapeTie Tie(ReadOnlySpan<double> centre)
    {
        double sum = Math.Log((centre[0] + 1) * centre[1]);
        return new(1, 3, -Math.Log(centre[1]), Math.Log(1e-4) - sum, Math.Log(1e12) - sum);
    }

    /// <inheritdoc/>
    public override BoundBasis BindBasis(Points points) => new ScheduleColumns(points);

    /// <inheritdoc/>
    public override IEnumerable<double[]> ShapeStarts(Points points)
    {
        ArgumentNullException.ThrowIfNull(points);
        double[] lr = points.Column("lr"), step = points.Column("step");
        double typicalRate = lr.Where(v => v > 0).DefaultIfEmpty(1).Average(), typicalSum = typicalRate * step.Average();
        foreach (double alpha in new[] { 0.2, 0.5, 0.9 })
        {
            foreach (double beta in new[] { 0.3, 0.6, 1.2 })
            {
                foreach (double gamma in new[] { 0.2, 0.6, 1 })
                {
                    foreach (double reach in new[] { 3.0, 30, 300, 3000 })
                    {
                        // c eta^-gamma S at a typical point: how far the gain has come in.
                        yield return [alpha, reach * Math.Pow(typicalRate, gamma) / typicalSum, beta, gamma];
                    }
                }
            }
        }
    }
}
