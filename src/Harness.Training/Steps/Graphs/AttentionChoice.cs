using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Harness.Core.Models;
using Harness.Torch;
using Harness.Training.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>Which implementation of attention a shape gets, measured forward and backward on the device, and how long each took.</summary>
/// <param name="Backend">The fastest that works; in deterministic mode the first of flash, efficient and plain that does.</param>
/// <param name="Milliseconds">Median of each that works.</param>
internal sealed record AttentionChoice(AttentionBackend Backend, IReadOnlyDictionary<AttentionBackend, double> Milliseconds)
{
    private const int WarmUps = 3, Repetitions = 7;

    private static readonly Dictionary<(int, int, int, int, bool, bool, string), AttentionChoice?> Measured = [];
    private static readonly Lock Gate = new();

    /// <summary>The choice for a model's micro-batch; null where none of them works, and libtorch is left to choose.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Sequences.</param>
    /// <param name="half">Whether it computes in bfloat16.</param>
    /// <param name="device">Where.</param>
    public static AttentionChoice? For(ModelSpec model, int rows, bool half, Device device)
    {
        var deterministic = TorchExtensions.IsDeterministic;
        var key = (rows, model.HeadCount, model.ContextLength, model.HeadDim, half, deterministic, device.ToString());
        lock (Gate)
        {
            if (!Measured.TryGetValue(key, out var choice))
            {
                Measured.Add(key, choice = Measure(model, rows, half, device, deterministic));
            }

            return choice;
        }
    }

    /// <summary>For records, for example <c>flash attention (flash 0.12 ms, cudnn 0.15 ms)</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Text(Backend)} attention ({string.Join(", ", Milliseconds.OrderBy(m => m.Value).Select(m => string.Create(CultureInfo.InvariantCulture, $"{Text(m.Key)} {m.Value:G3} ms")))})");

    /// <summary>
    /// Implementations in question. Where the same bits are wanted each time, flash's and the efficient one's backward passes obey libtorch's switch or refuse, by version; cuDNN's adds up in
    /// varying order, and not every version refuses it.
    /// </summary>
    internal static IEnumerable<AttentionBackend> Candidates(bool deterministic) => Enum.GetValues<AttentionBackend>().Where(b => !deterministic || b != AttentionBackend.CuDnn);

    /// <summary>The quickest; or, where the same bits are wanted each time, the first in a fixed order, since two that are nearly as quick would take turns.</summary>
    internal static AttentionBackend Best(IReadOnlyDictionary<AttentionBackend, double> times, bool deterministic)
    {
        AttentionBackend[] order = [AttentionBackend.Flash, AttentionBackend.Efficient, AttentionBackend.Math];
        return deterministic ? order.First(times.ContainsKey) : times.MinBy(t => t.Value).Key;
    }

    private static AttentionChoice? Measure(ModelSpec model, int rows, bool half, Device device, bool deterministic)
    {
        var times = new Dictionary<AttentionBackend, double>();
        foreach (var backend in Candidates(deterministic))
        {
            try
            {
                using var pinned = TorchExtensions.UseAttention(backend);
                times.Add(backend, Time(model, rows, half, device));
            }
            catch (ExternalException)
            {
                // Not in this libtorch, not for this type or shape, or (the plain one) too large for the memory: not a candidate.
            }
        }

        return times.Count == 0 ? null : new AttentionChoice(Best(times, deterministic), times);
    }

    private static double Time(ModelSpec model, int rows, bool half, Device device)
    {
        using var scope = NewDisposeScope();
        Tensor Leaf() => zeros([rows, model.ContextLength, model.HeadCount, model.HeadDim], half ? ScalarType.BFloat16 : ScalarType.Float32, device).requires_grad_();
        var (q, k, v) = (Leaf(), Leaf(), Leaf());
        var direction = ones([rows, model.HeadCount, model.ContextLength, model.HeadDim], half ? ScalarType.BFloat16 : ScalarType.Float32, device);
        var times = new List<double>();
        for (var i = 0; i < WarmUps + Repetitions; i++)
        {
            using var inner = NewDisposeScope();
            Wait(device);
            var start = Stopwatch.GetTimestamp();
            TorchExtensions.Attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), causal: true, Transformer.AttentionScale(model)).backward([direction]);
            Wait(device);
            if (i >= WarmUps)
            {
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }

        times.Sort();
        return times[times.Count / 2];
    }

    private static void Wait(Device device)
    {
        if (device.type == DeviceType.CUDA)
        {
            cuda.synchronize(device);
        }
    }

    private static string Text(AttentionBackend backend) => backend == AttentionBackend.CuDnn ? "cuDNN" : backend.ToString().ToLowerInvariant();
}
