using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Torch.Tests;

/// <summary>Base of the tests: one thread, a dispose scope around each test, and no tensor left over at its end.</summary>
public abstract class TensorTest : IDisposable
{
    private readonly long before;
    private readonly DisposeScope scope;

    protected TensorTest()
    {
        set_num_threads(1);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        zeros(1).Dispose();
        before = Tensor.TotalCount;
        scope = NewDisposeScope();
    }

    public void Dispose()
    {
        scope.Dispose();
        Assert.Equal(before, Tensor.TotalCount);
        GC.SuppressFinalize(this);
    }

    /// <summary>Numbers from a fixed sequence, roughly normal, the same in every run and on every machine.</summary>
    internal static double[] Draw(int seed, int count, double scale = 1)
    {
        Random random = new(seed);
        double[] result = new double[count];
        for (int i = 0; i < count; i++)
        {
            result[i] = scale * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        }

        return result;
    }

    internal static Tensor Float(double[] values, params long[] shape) => tensor(Array.ConvertAll(values, v => (float)v), shape);

    internal static void Close(double[] expected, Tensor actual, double tolerance = 1e-5)
    {
        using Tensor wide = actual.detach().to(ScalarType.Float64);
        double[] values = wide.data<double>().ToArray();
        Assert.Equal(expected.Length, values.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - values[i]) <= tolerance * (1 + Math.Abs(expected[i])),
                $"element {i}: expected {expected[i]:R}, got {values[i]:R}");
        }
    }
}
