namespace Harness.Scaling.Tests;

public sealed class GradientTests
{
    public static TheoryData<string> LawNames => [.. LawCatalog.Laws.Select(l => l.Name)];

    [Theory]
    [MemberData(nameof(LawNames))]
    public void Gradient_agrees_with_central_differences(string name)
    {
        Law law = LawCatalog.Find(name);
        Truth truth = Truths.Of(name);
        BoundLaw bound = law.Bind(truth.Points);
        int n = bound.Count, p = law.Parameters.Count;
        double[] predictions = new double[n], jacobian = new double[n * p], plain = new double[n];
        bound.Jacobian(truth.Parameters, predictions, jacobian);
        bound.Predict(truth.Parameters, plain);
        double[] low = new double[n], high = new double[n], shifted = [.. truth.Parameters];
        for (int i = 0; i < n; i++)
        {
            Assert.Equal(plain[i], predictions[i], 1e-12 * Math.Abs(plain[i]));
        }

        for (int j = 0; j < p; j++)
        {
            double h = 1e-6 * Math.Max(Math.Abs(truth.Parameters[j]), 1e-12);
            shifted[j] = truth.Parameters[j] + h;
            bound.Predict(shifted, high);
            shifted[j] = truth.Parameters[j] - h;
            bound.Predict(shifted, low);
            shifted[j] = truth.Parameters[j];
            double largest = Enumerable.Range(0, n).Max(i => Math.Abs(jacobian[(i * p) + j]));
            for (int i = 0; i < n; i++)
            {
                double difference = (high[i] - low[i]) / (2 * h);
                // Central differences lose half the digits of the prediction.
                double rounding = Math.Abs(plain[i]) * 1e-15 / h;
                Assert.True(
                    Math.Abs(difference - jacobian[(i * p) + j]) <= (2e-6 * largest) + (10 * rounding),
                    $"{name}, row {i}, {law.Parameters[j].Name}: {jacobian[(i * p) + j]} against {difference}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(LawNames))]
    public void Row_by_row_and_bound_evaluation_agree(string name)
    {
        Law law = LawCatalog.Find(name);
        if (law is MultiPower)
        {
            return; // Its rows are steps of a schedule; MultiPowerTests sums it independently.
        }

        Truth truth = Truths.Of(name);
        double[] bound = new double[truth.Points.Count], gradient = new double[law.Parameters.Count], variables = new double[law.Variables.Count];
        law.Bind(truth.Points).Predict(truth.Parameters, bound);
        for (int i = 0; i < bound.Length; i++)
        {
            for (int v = 0; v < variables.Length; v++)
            {
                variables[v] = truth.Points.Column(law.Variables[v])[i];
            }

            Assert.Equal(bound[i], law.Evaluate(truth.Parameters, variables), 1e-12 * Math.Abs(bound[i]));
            Assert.Equal(bound[i], law.Gradient(truth.Parameters, variables, gradient), 1e-12 * Math.Abs(bound[i]));
        }
    }
}
