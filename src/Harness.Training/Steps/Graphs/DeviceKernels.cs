using System.Globalization;
using System.Runtime.InteropServices;
using Harness.Core.Models;
using Harness.Torch.Devices;
using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>The kernels of Harness.Torch's native/device, compiled for one model's shape on one device, with the sizes of their launches.</summary>
internal sealed class DeviceKernels : IDisposable
{
    /// <summary>Threads a block of kernels that go over elements or columns.</summary>
    public const int Wide = 256;

    /// <summary>Columns a block of kernels that add up rows; its warps share the rows.</summary>
    public const int Columns = 32;

    /// <summary>Threads a block of kernels that give a warp to a row.</summary>
    public const int Rows = 128;

    /// <summary>Widths above it don't fit into a warp's registers.</summary>
    private const int WidestRow = 4096;

    private readonly int _multiprocessors;

    private DeviceKernels(ModelSpec model, bool half, int members, CudaDriver driver, KernelCompiler compiler, KernelCache cache, int device)
    {
        (Half, Members) = (half, members);
        string[] stack = members == 1 ? [] : [Constant("MEMBERS", members), string.Create(CultureInfo.InvariantCulture, $"STRIDE={ParameterLayout.Of(model).Length}LL")];
        _multiprocessors = driver.MultiprocessorsOf(device);
        (RowPack, HiddenPack, VocabularyPack) = (PackOf(model.ModelDim), PackOf(model.FeedForwardDim), PackOf(model.VocabularySize));
        KernelModule Load(string source, params string[] constants) =>
            KernelModule.Load(driver, compiler, cache, device, source, [$"BF16={(half ? 1 : 0)}", .. stack, .. constants]);
        Norm = Load("add_norm", Constant("PACK", RowPack), Constant("WIDTH", model.ModelDim), Constant("RMS", model.Normalization == Normalization.RmsNorm ? 1 : 0));
        Activation = Load("activation", Constant("PACK", HiddenPack));
        Attention = Load("attention", Constant("HEADS", model.HeadCount), Constant("UNITS", model.HeadDim), Constant("ROTARY", model.Positions == PositionEncoding.Rotary ? 1 : 0));
        CrossEntropy = Load("cross_entropy", Constant("PACK", VocabularyPack));
        Embedding = Load("embedding", Constant("PACK", RowPack), Constant("WIDTH", model.ModelDim));
        Optimizer = Load("optimizer");
    }

    /// <summary>Whether the kernels' elements are bfloat16.</summary>
    public bool Half { get; }

    /// <summary>Models of a stack, S.</summary>
    public int Members { get; }

    public int RowPack { get; }

    public int HiddenPack { get; }

    public int VocabularyPack { get; }

    public KernelModule Norm { get; }

    public KernelModule Activation { get; }

    public KernelModule Attention { get; }

    public KernelModule CrossEntropy { get; }

    public KernelModule Embedding { get; }

    public KernelModule Optimizer { get; }

    /// <summary>Compiles the kernels for the parameters of one model or a stack with what this machine has.</summary>
    /// <param name="parameters">On a GPU.</param>
    /// <param name="reason">Why there are none; empty on success.</param>
    public static DeviceKernels? Find(FlatParameters parameters, out string reason) =>
        Find(parameters.Layout.Model, parameters.Shadow is not null, parameters.Device, out reason, parameters.Members);

    /// <summary>Compiles the kernels for a model with what this machine has.</summary>
    /// <param name="model">The model.</param>
    /// <param name="half">Whether it computes in bfloat16.</param>
    /// <param name="device">A GPU.</param>
    /// <param name="reason">Why there are none; empty on success.</param>
    /// <param name="members">Models of a stack.</param>
    public static DeviceKernels? Find(ModelSpec model, bool half, Device device, out string reason, int members = 1)
    {
        if (CudaDriver.Default is not { } driver)
        {
            reason = $"no driver ({CudaDriver.Missing})";
            return null;
        }

        if (KernelCompiler.Default is not { } compiler)
        {
            reason = $"no run-time compiler ({KernelCompiler.Missing})";
            return null;
        }

        return Compile(model, half, driver, compiler, KernelCache.Default, device.index, out reason, members);
    }

    /// <summary>Compiles the kernels for a model; see <see cref="Find(FlatParameters, out string)"/>.</summary>
    public static DeviceKernels? Compile(ModelSpec model, bool half, CudaDriver driver, KernelCompiler compiler, KernelCache cache, int device, out string reason, int members = 1)
    {
        reason = model.ModelDim > WidestRow ? $"d_model = {model.ModelDim} is above {WidestRow}"
            : model.HeadDim % 2 != 0 ? $"the head dimension {model.HeadDim} is odd"
            : "";
        if (reason.Length > 0)
        {
            return null;
        }

        try
        {
            return new DeviceKernels(model, half, members, driver, compiler, cache, device);
        }
        catch (Exception e) when (e is ExternalException or KeyNotFoundException)
        {
            reason = e.Message.Split('\n')[0];
            return null;
        }
    }

    /// <summary>Blocks for work on so many items, one a thread; a thread takes several where that would be far more blocks than fit on the device.</summary>
    public long BlocksFor(long items, int threads = Wide) => Math.Clamp((items + threads - 1) / threads, 1, _multiprocessors * 16L);

    /// <summary>Blocks of rows whose partial sums are added up afterwards: enough to fill the device, and not more than the rows can feed.</summary>
    /// <param name="rows">Rows of a member.</param>
    /// <param name="least">Rows of a block.</param>
    public int PartialsFor(long rows, int least = 4) => (int)Math.Clamp(rows / least, 1, _multiprocessors * 2L);

    /// <summary>Threads of a block whose warps share some items, so that none has a long chain of them: 4 to 32 warps.</summary>
    public static int ThreadsToShare(long items) => 32 * (int)Math.Clamp(items, 4, 32);

    /// <summary>Threads for a row of packs: whole warps, at most <see cref="Wide"/>.</summary>
    public static int ThreadsFor(int packs) => Math.Clamp((packs + 31) / 32 * 32, 32, Wide);

    /// <summary>Blocks that need one thread an item.</summary>
    public static long Blocks(long items, int threads = Wide) => (items + threads - 1) / threads;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var module in new[] { Norm, Activation, Attention, CrossEntropy, Embedding, Optimizer })
        {
            module.Dispose();
        }
    }

    /// <summary>The most elements within 16 bytes that a row's length is a multiple of.</summary>
    private int PackOf(int length)
    {
        var pack = Half ? 8 : 4;
        while (length % pack != 0)
        {
            pack /= 2;
        }

        return pack;
    }

    private static string Constant(string name, int value) => string.Create(CultureInfo.InvariantCulture, $"{name}={value}");
}
