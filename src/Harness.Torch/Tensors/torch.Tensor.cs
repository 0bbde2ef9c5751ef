using Harness.Torch.Interop;

namespace TorchSharp;

/// <summary>Tensors, under TorchSharp's names: this class and what is nested in it follow TorchSharp 0.107 to the letter.</summary>
/// <remarks>Errors of libtorch arrive as <see cref="System.Runtime.InteropServices.ExternalException"/> with libtorch's message.</remarks>
public static partial class torch
{
    /// <summary>A tensor of libtorch. Dispose it, or make it inside a <see cref="DisposeScope"/>: the collector cannot see how large it is.</summary>
    public sealed partial class Tensor : IDisposable
    {
        private static long total;
        private static long peak;
        private readonly TensorThread thread;
        private nint handle;

        internal Tensor(nint handle)
        {
            if (handle == 0)
            {
                GC.SuppressFinalize(this);
                thread = null!;
                Native.Throw();
            }

            this.handle = handle;
            thread = TensorThread.Current;
            thread.FreeAbandoned();
            thread.Scope?.Add(this);
            long now = Interlocked.Increment(ref total);
            if (now > Volatile.Read(ref peak))
            {
                Volatile.Write(ref peak, now);
            }
        }

        /// <summary>Safety net: the handle is freed before its thread makes its next tensor.</summary>
        ~Tensor()
        {
            nint left = Interlocked.Exchange(ref handle, 0);
            if (left != 0)
            {
                thread.Abandon(left);
            }
        }

        /// <summary>How many tensors are alive in this process: made and not yet freed.</summary>
        public static long TotalCount => Interlocked.Read(ref total);

        /// <summary>The largest value that <see cref="TotalCount"/> has had.</summary>
        public static long PeakCount => Volatile.Read(ref peak);

        /// <summary>The <c>at::Tensor*</c>.</summary>
        /// <exception cref="ObjectDisposedException">The tensor was disposed.</exception>
        public nint Handle
        {
            get
            {
                nint h = handle;
                ObjectDisposedException.ThrowIf(h == 0, this);
                return h;
            }
        }

        /// <summary>Whether the tensor was disposed.</summary>
        public bool IsInvalid => handle == 0;

        /// <summary>The scope that will dispose this tensor, or null.</summary>
        public DisposeScope? OwningDisposeScope => Scope;

        internal DisposeScope? Scope { get; set; }

        internal int Slot { get; set; }

        /// <summary>Wraps an <c>at::Tensor*</c> and takes ownership of it.</summary>
        public static Tensor UnsafeCreateTensor(nint handle) => new(handle);

        /// <summary>Gives the tensor's memory back, unless other tensors share it.</summary>
        public void Dispose()
        {
            nint left = Interlocked.Exchange(ref handle, 0);
            if (left != 0)
            {
                Scope?.Remove(this);
                GC.SuppressFinalize(this);
                Native.ht_tensor_free(left);
                CountFreed();
            }
        }

        /// <summary>Takes this tensor out of its scope: it then lives until it is disposed.</summary>
        public Tensor DetachFromDisposeScope()
        {
            Scope?.Remove(this);
            return this;
        }

        /// <summary>Hands this tensor to the scope around its own.</summary>
        public Tensor MoveToOuterDisposeScope()
        {
            Scope?.MoveToOuter(this);
            return this;
        }

        /// <summary>Hands this tensor to another scope; null detaches it.</summary>
        public Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            Scope?.Remove(this);
            other?.Add(this);
            return this;
        }

        /// <summary>Type, shape and device, such as <c>[2x3], type = Float32, device = cpu</c>.</summary>
        public override string ToString() =>
            handle == 0 ? "disposed tensor" : $"[{string.Join('x', shape)}], type = {dtype}, device = {device}";

        internal static void CountFreed() => Interlocked.Decrement(ref total);

        private Tensor Done(int status)
        {
            Native.Check(status);
            return this;
        }
    }
}
