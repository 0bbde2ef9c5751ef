using System.Diagnostics.CodeAnalysis;
using Harness.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public sealed unsafe partial class Tensor
    {
        /// <summary>Sets whether operations on this tensor are recorded.</summary>
        public Tensor requires_grad_(bool requires_grad = true) => Done(Native.ht_set_requires_grad(Handle, requires_grad ? 1 : 0));

        /// <summary>Keeps the gradient of this intermediate result.</summary>
        public void retain_grad() => Native.Check(Native.ht_retain_grad(Handle));

        /// <summary>Adds the gradients of this one-element tensor to the leaves it was computed from.</summary>
        public void backward() => Native.Check(Native.ht_backward(Handle, 0, 0, 0, null, 0));

        /// <summary>Adds the gradients of this tensor to the leaves it was computed from, or only to <paramref name="inputs"/>.</summary>
        /// <param name="grad_tensors">One tensor of this tensor's shape: the gradient of the loss by this tensor. Null only for a one-element tensor.</param>
        /// <param name="retain_graph">Keep what was recorded, for another call.</param>
        /// <param name="create_graph">Record the gradients' computation too.</param>
        /// <param name="inputs">The leaves to take gradients of; null for all.</param>
        [SuppressMessage("Maintainability", "CA1508", Justification = "Optional parameters.")]
        public void backward(IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null)
        {
            if (grad_tensors is { Count: > 1 })
            {
                throw new ArgumentException("One tensor has one gradient.", nameof(grad_tensors));
            }

            nint seed = grad_tensors is { Count: 1 } ? grad_tensors[0].Handle : 0;
            nint[] handles = Handles(inputs ?? []);
            fixed (nint* p = handles)
            {
                Native.Check(Native.ht_backward(Handle, seed, retain_graph ? 1 : 0, create_graph ? 1 : 0, p, handles.Length));
            }
        }

        /// <summary>The same data, outside of what is recorded.</summary>
        public Tensor detach() => new(Native.ht_detach(Handle));

        /// <summary>Takes this tensor out of what is recorded.</summary>
        public Tensor detach_() => Done(Native.ht_detach_(Handle));

        internal static nint[] Handles(IEnumerable<Tensor> tensors) => [.. tensors.Select(t => t.Handle)];
    }

    /// <summary>Operations aren't recorded until the result is disposed.</summary>
    public static IDisposable no_grad() => new GradientMode(false);

    /// <summary>Operations are recorded (or not) until the result is disposed.</summary>
    public static IDisposable enable_grad(bool enabled = true) => new GradientMode(enabled);

    /// <summary>Operations are recorded (or not) until the result is disposed.</summary>
    public static IDisposable set_grad_enabled(bool mode = true) => new GradientMode(mode);

    /// <summary>Operations are neither recorded nor tracked until the result is disposed; tensors made meanwhile can't be trained.</summary>
    public static IDisposable inference_mode(bool mode = true) => new InferenceMode(mode);

    /// <summary>Whether operations are recorded on this thread.</summary>
    public static bool is_grad_enabled() => Native.ht_grad_enabled() != 0;

    private sealed class GradientMode : IDisposable
    {
        private readonly int before = Native.ht_grad_enabled();
        private bool disposed;

        internal GradientMode(bool on) => Native.ht_set_grad_enabled(on ? 1 : 0);

        public void Dispose()
        {
            if (!disposed)
            {
                disposed = true;
                Native.ht_set_grad_enabled(before);
            }
        }
    }

    private sealed class InferenceMode : IDisposable
    {
        private nint guard;

        internal InferenceMode(bool on) => guard = Native.ht_inference_begin(on ? 1 : 0);

        public void Dispose()
        {
            nint left = Interlocked.Exchange(ref guard, 0);
            if (left != 0)
            {
                Native.ht_inference_end(left);
            }
        }
    }
}
