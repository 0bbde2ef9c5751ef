using System.Diagnostics.CodeAnalysis;
using Harness.Torch.Interop;

namespace TorchSharp;

/// <summary>Disposes every tensor that its thread made since it began, except those moved out or detached.</summary>
/// <remarks>
/// Scopes nest, belong to the thread that opened them, and must be disposed in reverse order. A scope is an array; each tensor knows its slot, so
/// that disposing or detaching a tensor early takes constant time.
/// </remarks>
public sealed class DisposeScope : IDisposable
{
    private readonly TensorThread thread;
    private torch.Tensor[] tensors = new torch.Tensor[32];
    private bool disposed;

    internal DisposeScope(TensorThread thread)
    {
        this.thread = thread;
        OuterScope = thread.Scope;
        thread.Scope = this;
    }

    /// <summary>The scope around this one on the same thread, or null.</summary>
    public DisposeScope? OuterScope { get; private set; }

    /// <summary>How many tensors this scope would dispose now.</summary>
    public int DisposablesCount { get; private set; }

    /// <summary>Hands a tensor to the scope around this one, which then disposes it; without one it belongs to nobody.</summary>
    public T MoveToOuter<T>(T disposable)
        where T : IDisposable => MoveToOther(OuterScope, disposable);

    /// <summary>Hands a tensor to another scope of this thread; null detaches it.</summary>
    [SuppressMessage("Performance", "CA1822", Justification = "TorchSharp's is an instance method.")]
    public T MoveToOther<T>(DisposeScope? scope, T disposable)
        where T : IDisposable
    {
        if (disposable is not torch.Tensor tensor)
        {
            throw new ArgumentException("Scopes hold tensors only.", nameof(disposable));
        }

        tensor.MoveToOtherDisposeScope(scope);
        return disposable;
    }

    /// <summary>Takes a tensor out of this scope: its owner disposes it, or the finalizer does.</summary>
    public T Detach<T>(T disposable)
        where T : IDisposable => MoveToOther(null, disposable);

    /// <summary>Puts a tensor into this scope, out of whichever it was in.</summary>
    public T Attach<T>(T disposable)
        where T : IDisposable => MoveToOther(this, disposable);

    /// <summary>Disposes every tensor of this scope; the scope stays open.</summary>
    public void DisposeEverything()
    {
        while (DisposablesCount > 0)
        {
            tensors[DisposablesCount - 1].Dispose();
        }
    }

    /// <summary>Disposes every tensor of this scope except the given ones.</summary>
    public void DisposeEverythingBut(params torch.Tensor[] keep)
    {
        ArgumentNullException.ThrowIfNull(keep);
        HashSet<torch.Tensor> kept = new(keep, ReferenceEqualityComparer.Instance);
        for (int i = DisposablesCount - 1; i >= 0; i--)
        {
            if (!kept.Contains(tensors[i]))
            {
                tensors[i].Dispose();
            }
        }
    }

    /// <summary>Disposes every tensor of this scope and closes it.</summary>
    /// <exception cref="InvalidOperationException">The scope isn't the innermost one of the calling thread.</exception>
    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        if (!ReferenceEquals(TensorThread.Current, thread) || !ReferenceEquals(thread.Scope, this))
        {
            throw new InvalidOperationException("A DisposeScope must be disposed on the thread that opened it, and before the scopes around it.");
        }

        DisposeEverything();
        disposed = true;
        thread.Scope = OuterScope;
        OuterScope = null;
    }

    internal void Add(torch.Tensor tensor)
    {
        if (DisposablesCount == tensors.Length)
        {
            Array.Resize(ref tensors, tensors.Length * 2);
        }

        tensor.Scope = this;
        tensor.Slot = DisposablesCount;
        tensors[DisposablesCount++] = tensor;
    }

    internal void Remove(torch.Tensor tensor)
    {
        torch.Tensor last = tensors[--DisposablesCount];
        tensors[tensor.Slot] = last;
        last.Slot = tensor.Slot;
        tensors[DisposablesCount] = null!;
        tensor.Scope = null;
    }
}
