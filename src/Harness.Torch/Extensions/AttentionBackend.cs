using Harness.Torch.Interop;
using TorchSharp;

namespace Harness.Torch;

/// <summary>Which implementation of attention libtorch 2 takes on a GPU. On a CPU, and under libtorch 1.13, all of them are <see cref="Math"/>.</summary>
public enum AttentionBackend
{
    /// <summary>Plain matrix products and a softmax; the [T, T] matrix is written out.</summary>
    Math,

    /// <summary>FlashAttention-2 (Dao 2023, 2307.08691); bf16 and fp16 only, deterministic where that is asked for.</summary>
    Flash,

    /// <summary>xFormers' kernels; fp32 too. The backward pass adds up in varying order, or, where determinism is asked for, in one order or not at all, by version.</summary>
    Efficient,

    /// <summary>cuDNN's; bf16 and fp16 only, libtorch 2.3 and later.</summary>
    CuDnn,
}

public static unsafe partial class TorchExtensions
{
    /// <summary>Attention as <c>scaled_dot_product_attention</c> computes it, with its own factor on the products instead of 1/sqrt(head_dim).</summary>
    /// <param name="query">[.., T, E].</param>
    /// <param name="key">[.., T, E].</param>
    /// <param name="value">[.., T, E].</param>
    /// <param name="causal">Whether a position sees only itself and earlier ones.</param>
    /// <param name="scale">Factor on the products of queries and keys.</param>
    public static torch.Tensor Attention(torch.Tensor query, torch.Tensor key, torch.Tensor value, bool causal, double scale) =>
        new(Native.ht_attention_scaled(query.Handle, key.Handle, value.Handle, causal ? 1 : 0, scale));

    /// <summary>
    /// Allows only one implementation of attention, in the whole process, until the result is disposed. An input that it can't take is an error then. Other threads that pin, or keep what is
    /// allowed, wait meanwhile: the switches are the process's.
    /// </summary>
    /// <exception cref="System.Runtime.InteropServices.ExternalException">This libtorch doesn't have it.</exception>
    public static IDisposable UseAttention(AttentionBackend backend) => new PinnedAttention(backend);

    /// <summary>Keeps other threads from <see cref="UseAttention"/> until the result is disposed, on the same thread.</summary>
    public static IDisposable KeepAttention() => new KeptAttention();

    private static readonly object attentionSwitches = new(); // a monitor, so that a thread may keep what it pinned itself

    private sealed class KeptAttention : IDisposable
    {
        private bool disposed;

        internal KeptAttention() => Monitor.Enter(attentionSwitches);

        public void Dispose()
        {
            if (!disposed)
            {
                disposed = true;
                Monitor.Exit(attentionSwitches);
            }
        }
    }

    private sealed class PinnedAttention : IDisposable
    {
        private readonly int[] before = new int[4];
        private readonly KeptAttention kept = new();
        private bool disposed;

        internal PinnedAttention(AttentionBackend backend)
        {
            try
            {
                Pin(backend);
            }
            catch
            {
                kept.Dispose();
                throw;
            }
        }

        private void Pin(AttentionBackend backend)
        {
            for (int i = 0; i < before.Length; i++)
            {
                before[i] = Set((AttentionBackend)i, -1); // -1 again where this libtorch has none
            }

            _ = Native.Switch(Set(backend, 1)); // first, so that there is never none
            for (int i = 0; i < before.Length; i++)
            {
                if (i != (int)backend && before[i] >= 0)
                {
                    _ = Set((AttentionBackend)i, 0);
                }
            }
        }

        public void Dispose()
        {
            if (!disposed)
            {
                disposed = true;
                for (int i = 0; i < before.Length; i++)
                {
                    if (before[i] >= 0)
                    {
                        _ = Set((AttentionBackend)i, before[i]);
                    }
                }

                kept.Dispose();
            }
        }

        private static int Set(AttentionBackend backend, int value) => backend switch
        {
            AttentionBackend.Flash => Native.ht_switch_flash_sdp(value),
            AttentionBackend.Efficient => Native.ht_switch_efficient_sdp(value),
            AttentionBackend.CuDnn => Native.ht_switch_cudnn_sdp(value),
            _ => Native.ht_switch_math_sdp(value),
        };
    }
}
