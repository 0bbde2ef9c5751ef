using TorchSharp;

namespace Harness.Torch.Interop;

/// <summary>What a thread knows about its tensors: the innermost dispose scope, and the handles that finalizers gave back to it.</summary>
/// <remarks>
/// A finalizer may run while native code on the tensor's own thread still uses the handle (the collector sees no managed reference during a
/// P/Invoke). So a finalizer only queues the handle here, and the thread frees it before it makes its next tensor: no call of its own can be under way then.
/// </remarks>
internal sealed class TensorThread
{
    [ThreadStatic] private static TensorThread? current;

    private readonly Lock gate = new();
    private readonly List<nint> abandoned = [];
    private volatile bool hasAbandoned;
    private bool threadIsGone;

    internal static TensorThread Current => current ??= new TensorThread();

    /// <summary>The innermost scope on this thread.</summary>
    internal DisposeScope? Scope { get; set; }

    ~TensorThread()
    {
        lock (gate)
        {
            threadIsGone = true;
            Free();
        }
    }

    /// <summary>Called by a finalizer with the handle of a tensor that nobody disposed.</summary>
    internal void Abandon(nint handle)
    {
        lock (gate)
        {
            abandoned.Add(handle);
            hasAbandoned = true;
            if (threadIsGone)
            {
                Free();
            }
        }
    }

    /// <summary>Frees what finalizers have queued; costs one volatile read when there is nothing.</summary>
    internal void FreeAbandoned()
    {
        if (hasAbandoned)
        {
            lock (gate)
            {
                Free();
            }
        }
    }

    private void Free()
    {
        foreach (nint handle in abandoned)
        {
            Native.ht_tensor_free(handle);
            torch.Tensor.CountFreed();
        }

        abandoned.Clear();
        hasAbandoned = false;
    }
}
