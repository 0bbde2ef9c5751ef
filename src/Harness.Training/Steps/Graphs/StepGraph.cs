using System.Diagnostics;
using System.Runtime.InteropServices;
using Harness.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>
/// Runs steps as fast as the device allows: on a GPU the first few eagerly, as training and as warm-up; then one step is captured as a CUDA graph, then several as another in the
/// same memory, and from there on the host only says "again". Where capture isn't possible, every step is run eagerly, and <see cref="Mode"/> says why.
/// </summary>
internal sealed class StepGraph : IDeviceClock, IDisposable
{
    /// <summary>cuBLAS, cuDNN and the allocator settle in the first steps; libtorch's own recipe has three.</summary>
    private const int WarmUpSteps = 3;

    // Two captures under way on one device at the same time would spoil each other.
    private static readonly Lock Capturing = new();

    private readonly DeviceStep _step;
    private readonly int _together;
    private readonly AttentionChoice? _attention;
    private CudaGraph? _one;
    private CudaGraph? _several;
    private Tensor? _captured;
    private int _warm;
    private string? _reason;
    private bool _isTimed;

    /// <summary>A runner of a step, which it disposes with itself.</summary>
    /// <param name="step">What runs.</param>
    /// <param name="together">Steps of the larger graph; 1 for none.</param>
    /// <param name="attention">The implementation of attention that the step is pinned to; null leaves libtorch the choice.</param>
    public StepGraph(DeviceStep step, int together, AttentionChoice? attention = null)
    {
        (_step, _together, _attention) = (step, together, attention);
        _reason = step.Device.type != DeviceType.CUDA ? "not on a GPU"
            : !TorchExtensions.Capabilities.CudaGraphs ? "the second native library (harness_torch_cuda) is not built"
            : null;
    }

    /// <inheritdoc/>
    public double? Seconds { get; private set; }

    /// <inheritdoc/>
    public double WaitSeconds { get; private set; }

    /// <inheritdoc/>
    public long? KernelsPerStep => _one is { IsCaptured: true } one ? one.Kernels : null;

    /// <summary>For records: <c>graph of 8 steps</c>, or <c>eager: why</c>.</summary>
    public string Mode => Drive + (_attention is null ? "" : $", {_attention}");

    private string Drive => _reason is not null ? $"eager: {_reason}"
        : _several is { IsCaptured: true } ? $"graph of {_together} steps"
        : _one is { IsCaptured: true } ? "graph of 1 step"
        : "eager: warming up";

    /// <inheritdoc/>
    public void Start() => _isTimed = _step.Device.type == DeviceType.CUDA && TorchExtensions.Capabilities.CudaGraphs;

    /// <summary>Takes <paramref name="count"/> steps from the tables' counter on. On a GPU without graphs they may still be under way when this returns.</summary>
    public void Run(Tensor tokens_N, int count)
    {
        WaitSeconds = 0;
        if (_reason is not null || _step.OnGradients is not null)
        {
            Eagerly(tokens_N, count);
            return;
        }

        if (!ReferenceEquals(tokens_N, _captured))
        {
            Forget(); // it read another corpus
            _captured = tokens_N;
        }

        _one ??= new CudaGraph(_step.Device.index);
        var stream = _one.Enter();
        long asked;
        try
        {
            using var start = _isTimed ? CudaEvent.Record(_step.Device.index) : null;
            OnStream(tokens_N, count);
            asked = Stopwatch.GetTimestamp();
            if (start is not null)
            {
                using var end = CudaEvent.Record(_step.Device.index);
                Seconds = start.MillisecondsUntil(end) / 1000;
            }
        }
        finally
        {
            stream.Dispose(); // waits
        }

        WaitSeconds = Stopwatch.GetElapsedTime(asked).TotalSeconds;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        _step.Dispose();
    }

    private void OnStream(Tensor tokens_N, int count)
    {
        var eager = Math.Min(count, WarmUpSteps - _warm);
        if (eager > 0)
        {
            Eagerly(tokens_N, eager);
            _warm += eager;
            count -= eager;
        }

        if (count > 0 && !_one!.IsCaptured)
        {
            Capture(tokens_N);
        }

        for (; count >= _together && _several is { IsCaptured: true } several; count -= _together)
        {
            several.Replay();
        }

        if (_one is { IsCaptured: true } one)
        {
            for (; count > 0; count--)
            {
                one.Replay();
            }
        }

        Eagerly(tokens_N, count);
    }

    private void Eagerly(Tensor tokens_N, int count)
    {
        if (count > 0)
        {
            using var pinned = _attention is not null ? TorchExtensions.UseAttention(_attention.Backend)
                : _step.Device.type == DeviceType.CUDA ? TorchExtensions.KeepAttention()
                : null;
            for (var i = 0; i < count; i++)
            {
                _step.Run(tokens_N);
            }
        }
    }

    private void Capture(Tensor tokens_N)
    {
        lock (Capturing)
        {
            try
            {
                _one!.Capture(() => Eagerly(tokens_N, 1));
            }
            catch (ExternalException e) when (e is not TorchOutOfMemoryException)
            {
                _reason = $"capture failed: {e.Message.Split('\n')[0]}";
                return;
            }

            if (_together > 1)
            {
                _several = new CudaGraph(_step.Device.index);
                try
                {
                    _several.Capture(() => Eagerly(tokens_N, _together), sharing: _one);
                }
                catch (ExternalException)
                {
                    _several.Dispose(); // single steps will do, also where memory for more is short
                    _several = null;
                }
            }
        }
    }

    private void Forget()
    {
        lock (Capturing) // what frees a graph waits for the whole device, which a capture under way would not survive
        {
            _several?.Dispose();
            _one?.Dispose();
        }

        (_one, _several, _captured, _warm) = (null, null, null, 0);
    }
}
