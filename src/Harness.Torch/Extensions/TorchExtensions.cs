using System.Diagnostics;
using Harness.Torch.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Torch;

/// <summary>What the engine needs and TorchSharp's API lacks. The TorchSharp flavour of the engine has another file in this one's place.</summary>
public static unsafe partial class TorchExtensions
{
    private static Capabilities? capabilities;

    /// <summary>What this provider can do on this machine; loads libtorch.</summary>
    public static Capabilities Capabilities => capabilities ??= new Capabilities
    {
        Provider = "libtorch",
        LibtorchVersion = __version__,
        CudaDevices = cuda.device_count(),
        CudaGraphs = HasCudaLibrary,
        FusedAdamWCpu = Native.ht_has_fused_adamw((int)DeviceType.CPU) != 0,
        FusedAdamWCuda = cuda.is_available() && Native.ht_has_fused_adamw((int)DeviceType.CUDA) != 0,
        CpuKernels = true,
        FlashAttention = Native.ht_torch_version() >= 20000,
    };

    /// <summary>
    /// How often this thread has read tensor values on the host since it began (<c>item</c>, <c>data</c>, <c>bytes</c>, <see cref="ReadBytes"/>). On a GPU
    /// each of these waits for the device; a step that is to be captured has none.
    /// </summary>
    public static long HostReads => Tensor.HostReads;

    /// <summary>Makes a GPU the one that this thread works on: kernels launched beside libtorch need its context.</summary>
    public static void UseDevice(int device) => Native.Check(Native.ht_cuda_use(device));

    /// <summary>A stream of a GPU: each call of the result sends what this thread asks of the device there until what it returns is disposed. Null where streams can't be had.</summary>
    public static Func<IDisposable>? NewStream(int device)
    {
        if (!HasCudaLibrary)
        {
            return null;
        }

        CudaStream stream = CudaStream.New(device);
        return () => stream.Use();
    }

    /// <summary>Whether operations are to give the same bits each time (<c>use_deterministic_algorithms</c>).</summary>
    public static bool IsDeterministic => Native.ht_deterministic() != 0;

    /// <summary>Most bytes that libtorch's allocator has taken from a GPU since the start or <see cref="ResetPeakDeviceBytes"/>; null where unknown.</summary>
    public static long? PeakDeviceBytes(int device) => CudaMemory.Of(device)?.PeakReserved;

    /// <summary>Gives unused memory back to a GPU and starts a new measurement of <see cref="PeakDeviceBytes"/>.</summary>
    public static void ResetPeakDeviceBytes(int device)
    {
        CudaMemory.EmptyCache();
        CudaMemory.ResetPeaks(device);
    }

    /// <summary>The address of a tensor's first element, on its device; 0 for an empty tensor. Valid while the tensor lives.</summary>
    public static nint Address(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return (nint)tensor.Data;
    }

    /// <summary>Whether the second native library is there and a GPU that it can be used with.</summary>
    internal static bool HasCudaLibrary => cuda.is_available() && NativeFolder.Has(NativeFolder.Cuda);

    /// <summary>libtorch's account of how it was built and what it uses (BLAS, instruction set), several lines.</summary>
    public static string Configuration => Native.Text(Native.ht_config_text());

    /// <summary>libtorch's account of its threads, several lines.</summary>
    public static string Parallelism => Native.Text(Native.ht_parallel_text());

    /// <summary>The rows of a weight matrix [V, D] that indices (Int64, any shape) name: [.., D].</summary>
    public static Tensor Embedding(Tensor weight, Tensor index)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(index);
        return new(Native.ht_embedding(weight.Handle, index.Handle));
    }

    /// <summary>A tensor's elements in rising order along the last dimension, equal ones as they stood, and where each came from (Int64).</summary>
    public static (Tensor Sorted, Tensor From) SortStable(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        nint* parts = stackalloc nint[2];
        Native.Check(Native.ht_sort_stable(tensor.Handle, parts));
        return (new(parts[0]), new(parts[1]));
    }

    /// <summary>Whether <see cref="FusedAdamW"/> can be used for tensors on a device.</summary>
    public static bool HasFusedAdamW(DeviceType device) => device == DeviceType.CPU ? Capabilities.FusedAdamWCpu : Capabilities.FusedAdamWCuda;

    /// <summary>One AdamW step (Loshchilov and Hutter 2019, 1711.05101, algorithm 2) on flat tensors in one operation of libtorch.</summary>
    /// <param name="parameters">Updated in place.</param>
    /// <param name="gradients">Of the parameters' shape.</param>
    /// <param name="mean">First moment, updated in place.</param>
    /// <param name="variance">Second moment, updated in place.</param>
    /// <param name="step">One float32 on the parameters' device: the number of this update, from 1. It is not advanced here.</param>
    /// <param name="learningRate">One float32 on the parameters' device, so that a captured graph can change it.</param>
    /// <param name="beta1">Decay of the first moment.</param>
    /// <param name="beta2">Decay of the second moment.</param>
    /// <param name="weightDecay">Decay of the parameters, times the learning rate.</param>
    /// <param name="epsilon">Added to the root of the second moment.</param>
    /// <param name="gradientDivisor">One float32 on the device that divides the gradient first (clipping), or null.</param>
    /// <param name="skip">One float32 on the device: where it isn't 0, nothing changes; or null.</param>
    /// <exception cref="System.Runtime.InteropServices.ExternalException">This libtorch has none; ask <see cref="HasFusedAdamW"/>.</exception>
    public static void FusedAdamW(
        Tensor parameters, Tensor gradients, Tensor mean, Tensor variance, Tensor step, Tensor learningRate, double beta1, double beta2, double weightDecay, double epsilon,
        Tensor? gradientDivisor = null, Tensor? skip = null) =>
        Native.Check(Native.ht_fused_adamw(
            parameters.Handle, gradients.Handle, mean.Handle, variance.Handle, step.Handle, learningRate.Handle, beta1, beta2, weightDecay, epsilon,
            gradientDivisor?.Handle ?? 0, skip?.Handle ?? 0));

    /// <summary>Speed of a float32 product of two 512 x 512 matrices with the current number of threads, in GFLOP/s: the best of several.</summary>
    /// <remarks>Under 20 on one core says that libtorch found a BLAS without vector instructions (Debian's reference BLAS does 5).</remarks>
    public static double MatmulGigaflops(int size = 512, int repetitions = 8)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable plain = no_grad();
        Tensor a = ones([size, size]);
        Tensor b = ones([size, size]);
        Tensor c = empty([size, size]);
        double best = double.PositiveInfinity;
        for (int i = 0; i <= repetitions; i++)
        {
            long start = Stopwatch.GetTimestamp();
            MatmulInto(c, a, b);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return 2.0 * size * size * size / best / 1e9;
    }
}
