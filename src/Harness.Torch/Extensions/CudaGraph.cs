using Harness.Torch.Interop;

namespace Harness.Torch;

/// <summary>A training step captured once on a GPU and replayed without the host: only where <see cref="Capabilities.CudaGraphs"/>.</summary>
/// <remarks>
/// Warm up on the graph's stream first (three steps or more): <c>using (graph.Enter()) { warm up; graph.Capture(step); }</c>. Inside a step: fixed
/// shapes, no reading of values, gradients set beforehand, and whatever changes (learning rate, step, batch) in tensors on the device.
/// Keep the tensors of the step alive as long as the graph.
/// </remarks>
public sealed unsafe class CudaGraph : IDisposable
{
    private readonly NativeHandle handle;

    /// <summary>Makes an empty graph with a stream of its own.</summary>
    /// <param name="device">Number of the GPU.</param>
    /// <exception cref="InvalidOperationException">CUDA graphs can't be used here.</exception>
    public CudaGraph(int device = 0)
    {
        if (!TorchExtensions.Capabilities.CudaGraphs)
        {
            throw new InvalidOperationException("CUDA graphs need a GPU and the library harness_torch_cuda; run without (Capabilities.CudaGraphs says so).");
        }

        handle = new NativeHandle(NativeCuda.ht_graph_new(device), NativeCuda.ht_graph_free, typeof(CudaGraph));
    }

    /// <summary>What this thread asks of the GPU goes to the graph's stream until the result is disposed.</summary>
    public IDisposable Enter()
    {
        Native.Check(NativeCuda.ht_graph_enter(Handle));
        return new Visit(this);
    }

    /// <summary>Whether a step has been captured.</summary>
    public bool IsCaptured { get; private set; }

    /// <summary>Records what <paramref name="step"/> asks of the GPU, without doing it. Only between <see cref="Enter"/> (or that of <paramref name="sharing"/>) and its end.</summary>
    /// <param name="step">Runs once, now.</param>
    /// <param name="sharing">A captured graph whose stream is entered and whose memory this one uses too: never replayed at the same time. Null for an own pool.</param>
    /// <param name="generator">A generator that the step draws from beside the default one (libtorch 2.4 and later), or null.</param>
    /// <exception cref="System.Runtime.InteropServices.ExternalException">The step can't be captured; libtorch says why. The graph is empty again.</exception>
    public void Capture(Action step, CudaGraph? sharing = null, TorchSharp.torch.Generator? generator = null)
    {
        ArgumentNullException.ThrowIfNull(step);
        Native.Check(NativeCuda.ht_graph_capture_begin(Handle, sharing?.Handle ?? 0, generator?.Handle ?? 0));
        try
        {
            step();
        }
        catch
        {
            NativeCuda.ht_graph_abandon(Handle);
            throw;
        }

        if (NativeCuda.ht_graph_capture_end(Handle) != 0)
        {
            string message = Native.Text(Native.ht_last_error());
            NativeCuda.ht_graph_abandon(Handle);
            throw new System.Runtime.InteropServices.ExternalException(message);
        }

        IsCaptured = true;
    }

    /// <summary>Does once more what was captured, on this thread's current stream; returns before it is done.</summary>
    public void Replay() => Native.Check(NativeCuda.ht_graph_replay(Handle));

    /// <summary>Forgets what was captured and frees its memory; another step can be captured then.</summary>
    public void Reset()
    {
        IsCaptured = false;
        Native.Check(NativeCuda.ht_graph_reset(Handle));
    }

    /// <summary>Kernels that the captured step launches; null where CUDA's runtime doesn't say (before 11.3) or nothing is captured.</summary>
    public long? Kernels => IsCaptured && NativeCuda.ht_graph_kernels(Handle) is >= 0 and var count ? count : null;

    /// <summary>Frees the graph and the memory of its tensors.</summary>
    public void Dispose() => handle.Dispose();

    private nint Handle => handle.Value;

    private sealed class Visit(CudaGraph graph) : IDisposable
    {
        private CudaGraph? graph = graph;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref graph, null) is { } g)
            {
                Native.Check(NativeCuda.ht_graph_leave(g.Handle));
            }
        }
    }
}
