using MathNet.Numerics.Distributions;

namespace Harness.Scaling.Tests;

public sealed class StudentisedQuantileTests
{
    [Theory]
    [InlineData(1, 0.95)]
    [InlineData(3, 0.95)]
    [InlineData(3, 0.5)]
    [InlineData(12, 0.99)]
    public void Equal_shares_of_independent_residuals_give_the_quantile_of_Student(int residuals, double confidence)
    {
        double expected = StudentT.InvCDF(0, 1, residuals, 0.5 + (0.5 * confidence));
        var quantile = new StudentisedQuantile(Identity(residuals + 1), [.. Enumerable.Repeat(1.0 / residuals, residuals)], 0);
        Assert.Equal(expected, quantile.At(confidence), 1e-3 * expected);
        Assert.Equal(1 - confidence, quantile.Beyond(expected), 1e-9);
    }

    [Fact]
    public void A_variance_that_is_certain_gives_the_quantile_of_the_normal_law()
    {
        var quantile = new StudentisedQuantile(Identity(2), [1e-9], 1);
        Assert.Equal(1.959964, quantile.At(0.95), 1e-3);
    }

    [Fact]
    public void Unequal_shares_of_residuals_that_move_with_the_estimate_agree_with_draws()
    {
        double[] shares = [0.7, 0.2, 0.05];
        double[,] covariance = { { 1, 0.3, -0.2, 0.1 }, { 0.3, 1, 0.4, 0 }, { -0.2, 0.4, 0.8, 0.1 }, { 0.1, 0, 0.1, 1.5 } };
        double[,] root = MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.DenseOfArray(covariance).Cholesky().Factor.ToArray();
        var random = new SeededRandom(1, 0);
        const int Draws = 400_000;
        int beyond = 0;
        for (int d = 0; d < Draws; d++)
        {
            double[] normal = [random.NextNormal(), random.NextNormal(), random.NextNormal(), random.NextNormal()];
            double At(int row) => Enumerable.Range(0, row + 1).Sum(k => root[row, k] * normal[k]);
            double sum = 0.04;
            for (int i = 0; i < shares.Length; i++)
            {
                double residual = At(i + 1);
                sum += shares[i] * residual * residual;
            }

            beyond += Math.Abs(At(0)) > 2.5 * Math.Sqrt(sum) ? 1 : 0;
        }

        double expected = (double)beyond / Draws, error = Math.Sqrt(expected * (1 - expected) / Draws);
        Assert.Equal(expected, new StudentisedQuantile(covariance, shares, 0.04).Beyond(2.5), 4 * error);
    }

    private static double[,] Identity(int count)
    {
        var identity = new double[count, count];
        for (int i = 0; i < count; i++)
        {
            identity[i, i] = 1;
        }

        return identity;
    }
}
