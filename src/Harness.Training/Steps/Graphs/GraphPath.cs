using Harness.Core.Training;
using Harness.Torch;
using Harness.Training.Models;
using Harness.Training.Optimization;
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
        var onGpu = engine.Device.type == DeviceType.CUDA;
        if (IsDriven(engine.Device, path))
        {
            var rows = engine.BatchRows;
            var (gradients, update, note) = Parts(engine, onGpu);
            var step = new DeviceStep(engine.Parameters, gradients, update, rows, engine.MicroRows, Math.Clamp(TableRows / rows, 16, TableSteps));
            var attention = onGpu ? AttentionChoice.For(engine.Model, Math.Min(rows, engine.MicroRows), engine.Parameters.Shadow is not null, engine.Device) : null;
            return new DeviceStretch(new StepGraph(step, engine.Layout.Length < SmallModel ? StepsTogether : 1, attention), step, engine, note);
        }

        return null;
    }

    /// <summary>The same for a stack.</summary>
    public static IStackStretch? For(BatchedStack stack, StepPath path) => IsDriven(stack.Packed.Parameters.Device, path) ? new StackStretch(stack) : null;

    /// <summary>What drives the steps of a stack's members, as many as there are now.</summary>
    public static StackDrive DriveOf(BatchedStack stack)
    {
        var (parameters, rows, microRows) = (stack.Packed.Parameters, stack.Lanes[0].BatchRows, stack.MicroRows);
        var (gradients, update, note) = Parts(parameters, stack.Packed.Optimizers, stack.Packed.Optimizer, microRows >= rows);
        var step = new StackStep(parameters, gradients, update, rows, microRows, Math.Clamp(TableRows / (parameters.Members * rows), 16, TableSteps));
        var attention = parameters.Device.type == DeviceType.CUDA
            ? AttentionChoice.For(parameters.Layout.Model, parameters.Members * Math.Min(rows, microRows), parameters.Shadow is not null, parameters.Device)
            : null;
        return new StackDrive(new StepGraph(step, parameters.CutFor * parameters.Layout.Length < SmallModel ? StepsTogether : 1, attention), step, note);
    }

    /// <summary>Held-out losses on the device, or null where the host may as well read each batch's.</summary>
    public static IDeviceScore? ScoreOf(FlatParameters parameters, int rows, StepPath path) => IsDriven(parameters.Device, path) ? new DeviceScore(parameters, rows) : null;

    private static bool IsDriven(Device device, StepPath path) => path == StepPath.Device || (path == StepPath.Fastest && device.type == DeviceType.CUDA);

    private static (IDeviceGradients, IStackUpdate, string? Note) Parts(FlatParameters parameters, IReadOnlyList<OptimizerSpec> optimizers, StackedAdamW optimizer, bool whole)
    {
        var reason = "";
        if (parameters.Device.type == DeviceType.CUDA && DeviceKernels.Find(parameters, out reason) is { } kernels)
        {
            return (
                new KernelGradients(parameters, kernels, leavesShadow: whole, ownsKernels: true),
                new KernelUpdate(optimizers, parameters, optimizer.FirstMoment, optimizer.SecondMoment, kernels),
                null);
        }

        return (new AutogradGradients(parameters), new TensorStackUpdate(optimizer), reason.Length > 0 ? $"no own kernels: {reason}" : null);
    }

    private static (IDeviceGradients, IDeviceUpdate, string? Note) Parts(StepEngine engine, bool onGpu)
    {
        var reason = "not on a GPU";
        if (onGpu && DeviceKernels.Find(engine.Parameters, out reason) is { } kernels)
        {
            var whole = engine.MicroRows >= engine.BatchRows;
            return (
                new KernelGradients(engine.Parameters, kernels, leavesShadow: whole, ownsKernels: true),
                new KernelUpdate([engine.Spec], engine.Parameters, engine.Optimizer.FirstMoment, engine.Optimizer.SecondMoment, kernels),
                null);
        }

        IDeviceUpdate update = onGpu && TorchExtensions.HasFusedAdamW(DeviceType.CUDA)
            ? new FusedUpdate(engine.Spec, engine.Parameters, engine.Optimizer)
            : new TensorUpdate(engine.Spec, engine.Parameters, engine.Optimizer);
        return (new AutogradGradients(engine.Parameters), update, onGpu ? $"no own kernels: {reason}" : null);
    }
}
