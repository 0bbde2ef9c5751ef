using System.Diagnostics;
using System.Globalization;
using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Torch;
using Harness.Training.Runs;
using Harness.Training.Steps.Graphs;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Measurement;

/// <summary>One kernel's speed.</summary>
/// <param name="Name">The kernel.</param>
/// <param name="Bytes">Bytes that it must read and write.</param>
/// <param name="Microseconds">Median of its time on the device's clock.</param>
/// <param name="GigabytesPerSecond">The two's quotient.</param>
/// <param name="ShareOfCopy">Over the speed of a copy measured beside it, which reads and writes as fast as the memory allows.</param>
public sealed record KernelSpeed(string Name, double Bytes, double Microseconds, double GigabytesPerSecond, double ShareOfCopy);

/// <summary>What the run-time compiled kernels make of a GPU's memory: they do little arithmetic, so bytes a second against a plain copy is the figure.</summary>
public static class KernelBench
{
    /// <summary>Measures every kernel at a model's shape.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokens">Tokens at once, a multiple of the context length.</param>
    /// <param name="half">Whether in bfloat16.</param>
    /// <param name="deviceName"><c>cuda:K</c>.</param>
    /// <exception cref="RunFailedException">There is no such device, or its kernels can't be compiled.</exception>
    public static IReadOnlyList<KernelSpeed> Run(ModelSpec model, int tokens, bool half, string deviceName)
    {
        ArgumentNullException.ThrowIfNull(model);
        var device = TrainingDevice.Open(deviceName);
        if (device.type != DeviceType.CUDA)
        {
            throw new RunFailedException(FailureCause.UserError, $"device '{deviceName}': kernels are for GPUs; use cuda:K.");
        }

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var kernels = DeviceKernels.Find(model, half, device, out var reason)
            ?? throw new RunFailedException(FailureCause.DeviceFault, $"{deviceName}: no kernels: {reason}");
        return Run(model, tokens, half, device, kernels, Effort.Full);
    }

    /// <summary>The same with compiled kernels; on a CPU by the host's clock, for tests.</summary>
    internal static IReadOnlyList<KernelSpeed> Run(ModelSpec model, int tokens, bool half, Device device, DeviceKernels kernels, Effort effort) =>
        new Bench(model, tokens, half, device, kernels, effort).Measure();

    /// <summary>How long to measure.</summary>
    /// <param name="WarmUps">Launches that don't count.</param>
    /// <param name="Repetitions">Timings, of which the median counts.</param>
    /// <param name="Launches">Launches of one timing.</param>
    /// <param name="Copy">Elements of the copy: more than any cache holds.</param>
    /// <param name="Parameters">Parameters of the update, at least; a multiple of 16.</param>
    internal sealed record Effort(int WarmUps, int Repetitions, int Launches, long Copy, long Parameters)
    {
        public static readonly Effort Full = new(5, 25, 10, 1 << 28, 1 << 22);
    }

    private sealed class Bench(ModelSpec model, int tokens, bool half, Device device, DeviceKernels kernels, Effort effort)
    {
        private readonly long _size = half ? 2 : 4;
        private readonly List<KernelSpeed> _found = [];

        public List<KernelSpeed> Measure()
        {
            long n = tokens, d = model.ModelDim, f = model.FeedForwardDim, v = model.VocabularySize;
            var g = (model.Activation == Activation.SwiGlu ? 2 : 1) * f;
            var count = Math.Max(effort.Parameters, n * d / 16 * 16);
            var (from, to) = (Numbers(effort.Copy), Numbers(effort.Copy));
            Add("copy (memory's pace)", 2.0 * 4 * effort.Copy, () => to.copy_(from));

            Tensor x = Real(n, d), branch = Real(n, d), sum = Real(n, d), y = Real(n, d), gain = Real(d), bias = Real(d);
            Tensor mean = Numbers(n), inverse = Numbers(n);
            Add("add_norm_forward", 4.0 * n * d * _size, () => kernels.Norm["add_norm_forward"].Launch(
                DeviceKernels.Blocks(n, 4), DeviceKernels.Rows, sum, y, mean, inverse, x, branch, gain, bias, (int)n, 1e-5f));
            var partials = kernels.PartialsFor(n);
            Tensor partialGain = Numbers(partials * d), partialBias = Numbers(partials * d);
            Add("add_norm_backward", 4.0 * n * d * _size, () => kernels.Norm["add_norm_backward"].Launch(
                partials, DeviceKernels.Rows, x, y, sum, mean, inverse, gain, partialGain, partialBias, (int)n, 1));
            Add("add_norm_parameters", 2.0 * 4 * partials * d, () => kernels.Norm["add_norm_parameters"].Launch(
                DeviceKernels.Blocks(d, DeviceKernels.Columns), DeviceKernels.ThreadsToShare(partials), gain, bias, partialGain, partialBias, partials));

            Tensor hidden = Real(n, g), activated = Real(n, f), flow = Real(n, g);
            var packs = n * f / kernels.HiddenPack;
            if (model.Activation == Activation.Gelu)
            {
                Add("gelu_forward", 2.0 * n * f * _size, () => kernels.Activation["gelu_forward"].Launch(kernels.BlocksFor(packs), DeviceKernels.Wide, activated, hidden, packs));
                Add("gelu_backward", 3.0 * n * f * _size, () => kernels.Activation["gelu_backward"].Launch(kernels.BlocksFor(packs), DeviceKernels.Wide, flow, activated, hidden, packs));
            }
            else
            {
                Add("swiglu_forward", 3.0 * n * f * _size, () => kernels.Activation["swiglu_forward"].Launch(kernels.BlocksFor(packs), DeviceKernels.Wide, activated, hidden, (int)n, (int)f));
                Add("swiglu_backward", 5.0 * n * f * _size, () => kernels.Activation["swiglu_backward"].Launch(kernels.BlocksFor(packs), DeviceKernels.Wide, flow, activated, hidden, (int)n, (int)f));
            }

            Tensor packed = Real(n, 3 * d), q = Real(n, d), k = Real(n, d), w = Real(n, d), table = Numbers(model.ContextLength * (long)model.HeadDim);
            var pairs = kernels.BlocksFor(n * d / 2);
            Add("attention_unpack", 6.0 * n * d * _size, () => kernels.Attention["attention_unpack"].Launch(pairs, DeviceKernels.Wide, q, k, w, packed, table, table, (int)n, model.ContextLength));
            var (columns, biasPartials) = (3 * d, kernels.PartialsFor(n, KernelLayer.RowsOfBiasBlock));
            Tensor biasPartial = Numbers(biasPartials * columns), biasGradient = Real(columns);
            Add("bias_partial", n * columns * _size + 4.0 * biasPartials * columns, () => kernels.Activation["bias_partial"].LaunchGrid(
                DeviceKernels.Blocks(columns, DeviceKernels.Columns), biasPartials, DeviceKernels.Wide, biasPartial, packed, (int)n, (int)columns));
            Add("bias_finish", 4.0 * biasPartials * columns, () => kernels.Activation["bias_finish"].Launch(
                DeviceKernels.Blocks(columns, DeviceKernels.Columns), DeviceKernels.ThreadsToShare(biasPartials), biasGradient, biasPartial, biasPartials, (int)columns));
            Add("attention_pack", 6.0 * n * d * _size, () => kernels.Attention["attention_pack"].Launch(pairs, DeviceKernels.Wide, packed, q, k, w, table, table, (int)n, model.ContextLength));

            var rows = Math.Min(n, Math.Max(1, ChunkedHead.PieceBytes(device) / (_size * v)));
            Tensor logits = Real(rows, v), losses = Numbers(rows), targets = zeros([rows], ScalarType.Int64, device);
            Add("cross_entropy", 3.0 * rows * v * _size, () => kernels.CrossEntropy["cross_entropy"].Launch(rows, DeviceKernels.Wide, losses, logits, targets, (int)v, 1e-3f, 1));

            Tensor tokenIds = zeros([n], ScalarType.Int64, device), weights = Real(v, d);
            Add("embedding_forward", 2.0 * n * d * _size, () => kernels.Embedding["embedding_forward"].Launch(n, DeviceKernels.Rows, x, weights, null, tokenIds, model.ContextLength));
            Tensor sorted = tensor([.. Enumerable.Range(0, (int)n).Select(i => i * v / n)], [n], device: device), order = arange(0, n, dtype: ScalarType.Int64, device: device);
            var tiles = DeviceKernels.Blocks(d / kernels.RowPack, DeviceKernels.Columns);
            Add("embedding_backward", (n + 2.0 * Math.Min(n, v)) * d * _size, () => kernels.Embedding["embedding_backward"].LaunchGrid(
                v, tiles, DeviceKernels.ThreadsToShare(n / v), weights, x, sorted, order, (int)n));
            long sequences = n / model.ContextLength;
            Tensor positions = Real(model.ContextLength, d);
            Add("position_backward", n * d * (double)_size, () => kernels.Embedding["position_backward"].Launch(
                model.ContextLength * tiles, DeviceKernels.ThreadsToShare(sequences / 4), positions, x, (int)sequences, model.ContextLength));

            Tensor flat = Numbers(count), gradient = Numbers(count), first = Numbers(count), second = Numbers(count), shadow = zeros([count], ScalarType.BFloat16, device);
            Tensor state = ones([2], ScalarType.Float32, device), rates = ones([1, 4], ScalarType.Float32, device), counter = zeros([1], ScalarType.Int64, device);
            Tensor constants = tensor([0.9f, 0.95f, 1e-8f, 1f], [4], device: device);
            var blocks = kernels.BlocksFor(count / 4);
            var squares = Numbers(blocks);
            Add("gradient_squares", 4.0 * count, () => kernels.Optimizer["gradient_squares"].Launch(blocks, DeviceKernels.Wide, squares, gradient, null, count));
            Add("adamw", (7.0 * 4 + 2) * count, () => kernels.Optimizer["adamw"].Launch(
                blocks, DeviceKernels.Wide, flat, shadow, gradient, first, second, state, rates, counter, count, count, count, 1f, constants));
            return _found;
        }

        private void Add(string name, double bytes, Action launch)
        {
            for (var i = 0; i < effort.WarmUps; i++)
            {
                launch();
            }

            var times = new List<double>();
            for (var i = 0; i < effort.Repetitions; i++)
            {
                times.Add(1e6 * Seconds(launch) / effort.Launches);
            }

            times.Sort();
            var median = times[times.Count / 2];
            var speed = bytes / median / 1000;
            _found.Add(new KernelSpeed(name, bytes, median, speed, _found.Count == 0 ? 1 : speed / _found[0].GigabytesPerSecond));
        }

        private double Seconds(Action launch)
        {
            var onGpu = device.type == DeviceType.CUDA;
            var begun = Stopwatch.GetTimestamp();
            using var start = onGpu ? CudaEvent.Record(device.index) : null;
            for (var j = 0; j < effort.Launches; j++)
            {
                launch();
            }

            using var end = onGpu ? CudaEvent.Record(device.index) : null;
            return start?.MillisecondsUntil(end!) / 1000 ?? Stopwatch.GetElapsedTime(begun).TotalSeconds;
        }

        private Tensor Real(params long[] shape) => zeros(shape, half ? ScalarType.BFloat16 : ScalarType.Float32, device);

        private Tensor Numbers(long count) => zeros([count], ScalarType.Float32, device);
    }

    /// <summary>The table, for people.</summary>
    public static string Text(IEnumerable<KernelSpeed> speeds) => string.Join('\n', speeds.Select(s => string.Create(
        CultureInfo.InvariantCulture, $"{s.Name,-22} {s.Microseconds,9:F1} us {s.GigabytesPerSecond,8:F0} GB/s {100 * s.ShareOfCopy,5:F0} % of a copy")));
}
