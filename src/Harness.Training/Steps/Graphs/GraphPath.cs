using Harness.Core.Training;
using Harness.Torch;
using Harness.Training.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>Chooses how steps run on a GPU. The TorchSharp flavour has another file in this one's place, which has nothing.</summary>
internal static class GraphPath
{
    /// <summary>Steps in one replay where they are so short that even a replay's launch counts; larger models hide it.</summary>
    private const int StepsTogether = 8;

    private const long SmallModel = 30_000_000;

    /// <summary>Numbers on the device at once: offsets of this many rows, at most this many steps.</summary>
    private const int TableRows = 1 << 20, TableSteps = 1024;

    /// <summary>Many steps at once for an engine, or null where single steps are as good: on a CPU, and on the plain path.</summary>
    public static IStretch? For(StepEngine engine, StepPath path)
    {
        var (optimizer, onGpu) = (engine.Optimizer, engine.Device.type == DeviceType.CUDA);
        return !IsDriven(engine.Device, path) ? null : new DeviceStretch(engine.Model, engine.Device, engine.BatchRows, () => Drive(
            engine.Parameters, [engine.Spec], optimizer.FirstMoment, optimizer.SecondMoment, engine.BatchRows, engine.MicroRows,
            () => onGpu && TorchExtensions.HasFusedAdamW(DeviceType.CUDA)
                ? new FusedUpdate(engine.Spec, engine.Parameters, optimizer)
                : new TensorUpdate(engine.Spec, engine.Parameters, optimizer)));
    }

    /// <summary>The same for a stack.</summary>
    public static IStretch? For(BatchedStack stack, StepPath path)
    {
        var (lane, device) = (stack.Lanes[0], stack.Lanes[0].Device);
        return !IsDriven(device, path) ? null : new DeviceStretch(lane.Layout.Model, device, lane.BatchRows, () =>
        {
            var packed = stack.Packed;
            return Drive(
                packed.Parameters, packed.Optimizers, packed.Optimizer.FirstMoment, packed.Optimizer.SecondMoment, lane.BatchRows, stack.MicroRows, () => new StackedUpdate(packed.Optimizer));
        });
    }

    /// <summary>Held-out losses on the device, or null where the host may as well read each batch's.</summary>
    public static IDeviceScore? ScoreOf(FlatParameters parameters, int rows, StepPath path) => IsDriven(parameters.Device, path) ? new DeviceScore(parameters, rows) : null;

    private static bool IsDriven(Device device, StepPath path) => path == StepPath.Device || (path == StepPath.Fastest && device.type == DeviceType.CUDA);

    /// <summary>A step of all members by our kernels, or where they can't be had under autograd with another update; and what runs it.</summary>
    private static DeviceDrive Drive(
        FlatParameters parameters, IReadOnlyList<OptimizerSpec> optimizers, Tensor first, Tensor second, int rows, int microRows, Func<IDeviceUpdate> otherUpdate)
    {
        var (onGpu, members) = (parameters.Device.type == DeviceType.CUDA, parameters.Members);
        var (reason, attention) = ("", (AttentionChoice?)null);
        var kernels = onGpu ? DeviceKernels.Find(parameters, out reason) : null;
        IDeviceGradients gradients = kernels is null
            ? new AutogradGradients(parameters)
            : new KernelGradients(parameters, kernels, leavesShadow: microRows >= rows, ownsKernels: true);
        var update = kernels is null ? otherUpdate() : new KernelUpdate(optimizers, parameters, first, second, kernels);
        var step = new DeviceStep(parameters, gradients, update, rows, microRows, Math.Clamp(TableRows / (members * rows), 16, TableSteps));
        if (onGpu)
        {
            attention = AttentionChoice.For(parameters.Layout.Model, members * Math.Min(rows, microRows), parameters.Shadow is not null, parameters.Device);
        }

        var together = parameters.CutFor * parameters.Layout.Length < SmallModel ? StepsTogether : 1;
        return new DeviceDrive(new StepGraph(step, together, attention), step, reason.Length > 0 ? $"no own kernels: {reason}" : null);
    }
}
