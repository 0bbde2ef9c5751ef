namespace Harness.Scaling.Tests;

/// <summary>Steps within a domain against all faces of the box tried one by one, and descents that begin where a full step leaves the domain in several coordinates.</summary>
public sealed class BoundedStepTests
{
    [Fact]
    public void Step_is_the_minimum_of_the_parabola_within_the_box()
    {
        var random = new Random(5);
        for (int trial = 0; trial < 300; trial++)
        {
            int p = 2 + (trial % 4);
            double[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextDouble()) - 1)];
            double[] factor = Draw(p * p), gradient = Draw(p), curvature = new double[p * p];
            for (int k = 0; k < p; k++)
            {
                for (int l = 0; l < p; l++)
                {
                    curvature[(k * p) + l] = (k == l ? 1e-3 : 0) + Enumerable.Range(0, p).Sum(i => factor[(k * p) + i] * factor[(l * p) + i]);
                }
            }

            // A third of the coordinates begin on an edge.
            double[] theta = [.. Enumerable.Range(0, p).Select(_ => random.Next(3) == 0 ? (double)random.Next(2) : random.NextDouble())];
            var box = new Box(p);
            var step = new double[p];
            double promised = BoundedNewtonStep.Find(gradient, curvature, theta, box, step), best = Lowest(gradient, curvature, theta);
            Assert.All(Enumerable.Range(0, p), k => Assert.InRange(theta[k] + step[k], -1e-12, 1 + 1e-12));
            Assert.Equal(best, -promised, 1e-9 * Math.Max(1e-3, Math.Abs(best)));
            Assert.Equal(Value(gradient, curvature, step), -promised, 1e-12);
        }
    }

    [Theory]
    [InlineData(5.0, 0)]
    [InlineData(0.001, 0)]
    [InlineData(5.0, 5)]
    public void No_small_step_lowers_the_objective_where_a_descent_says_that_it_is_stationary(double beta, double gamma)
    {
        // Weakly determined curves, begun in a corner of the domain: full steps leave it in several coordinates at once.
        for (int seed = 0; seed < 8; seed++)
        {
            Truth truth = Truths.Of("multi-power").Moved(seed);
            FitContext context = FitContext.For(truth.Noisy(0.005, seed), truth.Law, truth.Law.DefaultObjective, new FitOptions());
            var space = new Workspace(context.Model.Count, context.Model.Dimension);
            double rate = 3e-4, c = truth.Parameters[4] * Math.Pow(rate, gamma - truth.Parameters[6]);
            LocalFit end = LocalSolver.Descend(context.Problem, context.Model.FromParameters([.. truth.Parameters[..4], c, beta, gamma]), space);
            Assert.True(end.Stationary, end.StoppedBy);
            for (int k = 0; k < end.Theta.Length; k++)
            {
                foreach (double h in new[] { -1e-5, 1e-5 })
                {
                    double[] beside = [.. end.Theta];
                    beside[k] = Math.Clamp(beside[k] + h, context.Model.Lower[k], context.Model.Upper[k]);
                    double value = context.Problem.Value(beside, space.Trial);
                    Assert.True(value >= end.Value * (1 - 1e-8), $"seed {seed}: coordinate {k} by {h} lowers {end.Value} to {value}");
                }
            }
        }
    }

    // Every set of coordinates put on either edge, the others solved for; the lowest that stays inside.
    private static double Lowest(double[] gradient, double[] curvature, double[] theta)
    {
        int p = theta.Length;
        double best = double.PositiveInfinity;
        for (int face = 0; face < Math.Pow(3, p); face++)
        {
            var step = new double[p];
            List<int> free = [];
            for (int k = 0, rest = face; k < p; k++, rest /= 3)
            {
                if (rest % 3 == 0)
                {
                    free.Add(k);
                }
                else
                {
                    step[k] = (rest % 3) - 1 - theta[k];
                }
            }

            if (free.Count > 0)
            {
                var matrix = MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.Dense(free.Count, free.Count, (a, b) => curvature[(free[a] * p) + free[b]]);
                var right = MathNet.Numerics.LinearAlgebra.Vector<double>.Build.Dense(free.Count, a => -gradient[free[a]] - Enumerable.Range(0, p).Where(l => !free.Contains(l)).Sum(l => curvature[(free[a] * p) + l] * step[l]));
                double[] solved = [.. matrix.Solve(right)];
                for (int a = 0; a < free.Count; a++)
                {
                    step[free[a]] = solved[a];
                }
            }

            if (Enumerable.Range(0, p).All(k => theta[k] + step[k] is >= -1e-12 and <= 1 + 1e-12))
            {
                best = Math.Min(best, Value(gradient, curvature, step));
            }
        }

        return best;
    }

    private static double Value(double[] gradient, double[] curvature, double[] step)
    {
        double value = 0;
        for (int k = 0; k < step.Length; k++)
        {
            value += gradient[k] * step[k];
            for (int l = 0; l < step.Length; l++)
            {
                value += 0.5 * curvature[(k * step.Length) + l] * step[k] * step[l];
            }
        }

        return value;
    }

    private sealed class Box(int dimension) : SearchModel
    {
        public override int Count => 0;

        public override int Dimension => dimension;

        public override double[] Lower { get; } = new double[dimension];

        public override double[] Upper { get; } = [.. Enumerable.Repeat(1.0, dimension)];

        public override int[] ParameterOf { get; } = [.. Enumerable.Range(0, dimension)];

        public override void Predict(ReadOnlySpan<double> theta, Span<double> predictions) => throw new NotSupportedException();

        public override void Jacobian(ReadOnlySpan<double> theta, Span<double> predictions, Span<double> jacobian) => throw new NotSupportedException();

        public override double[] ToParameters(ReadOnlySpan<double> theta) => theta.ToArray();

        public override double[] FromParameters(ReadOnlySpan<double> parameters) => parameters.ToArray();
    }
}
