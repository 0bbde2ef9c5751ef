using static TorchSharp.torch;

namespace Harness.Torch.Tests.Kernels;

/// <summary>Base of the kernels' tests: every test runs at each level of instructions, against libtorch's own operations in float64.</summary>
public abstract class KernelTest : TensorTest
{
    /// <summary>Sizes with and without whole vectors.</summary>
    public static TheoryData<int, int, int> LevelsAndSizes
    {
        get
        {
            TheoryData<int, int, int> data = [];
            foreach (int level in new[] { 2, 3, 4 })
            {
                data.Add(level, 6, 64);
                data.Add(level, 5, 20);
                data.Add(level, 3, 131);
            }

            return data;
        }
    }

    internal static void Use(int level) => Assert.True(CpuKernels.LimitInstructionLevel(level) <= level);

    /// <summary>The same numbers as a float32 tensor for the kernel and a float64 leaf for the oracle.</summary>
    internal static (Tensor Float, Tensor Double) Both(int seed, double scale, params long[] shape)
    {
        long count = shape.Aggregate(1L, (a, b) => a * b);
        Tensor single = Float(Draw(seed, (int)count, scale), shape);
        return (single, single.to(ScalarType.Float64).requires_grad_());
    }

    internal static double[] Values(Tensor tensor) => tensor.detach().contiguous().to(ScalarType.Float64).data<double>().ToArray();
}
