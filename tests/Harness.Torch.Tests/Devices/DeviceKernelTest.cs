using static TorchSharp.torch;

namespace Harness.Torch.Tests.Devices;

/// <summary>
/// The kernels for GPUs, run thread by thread on the CPU (tests/DeviceTwin), against autograd in double precision. What is tested is their arithmetic, their barriers,
/// indexing and rounding, and the path by which they are compiled, kept, loaded and launched; not that NVIDIA's compiler takes them.
/// </summary>
public abstract class DeviceKernelTest : TensorTest
{
    protected const int Block = 64;

    /// <summary>bf16, elements at once, width.</summary>
    public static TheoryData<bool, int, int> Formats => new() { { false, 1, 20 }, { false, 4, 68 }, { true, 8, 264 }, { true, 1, 35 } };

    protected static string Format(bool half, int pack)
    {
        Assert.True(pack * (half ? 2 : 4) <= 16);
        return $"BF16={(half ? 1 : 0)}";
    }

    /// <summary>bfloat16 keeps 8 bits: half a unit in the last place is 2^-9.</summary>
    protected static double Tolerance(bool half) => half ? 5e-3 : 3e-6;

    protected static Tensor Random(int seed, bool half, params long[] shape)
    {
        Tensor drawn = Float(Draw(seed, (int)shape.Aggregate((a, b) => a * b)), shape);
        return half ? drawn.bfloat16() : drawn;
    }

    protected static Tensor Empty(bool half, params long[] shape) => zeros(shape, half ? ScalarType.BFloat16 : ScalarType.Float32);

    protected static double[] Doubles(Tensor tensor) => tensor.detach().@double().reshape(-1).data<double>().ToArray();

    /// <summary>Equal up to a share of the value, or of the largest where a sum of larger terms may cancel.</summary>
    protected static void Same(Tensor expected, Tensor actual, double tolerance)
    {
        (double[] a, double[] b) = (Doubles(expected), Doubles(actual));
        Assert.Equal(a.Length, b.Length);
        double largest = a.Max(Math.Abs);
        for (int i = 0; i < a.Length; i++)
        {
            Assert.True(Math.Abs(a[i] - b[i]) <= tolerance * (Math.Abs(a[i]) + 0.3 * largest), $"element {i}: expected {a[i]:R}, got {b[i]:R}");
        }
    }
}
