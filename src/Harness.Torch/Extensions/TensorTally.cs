using Harness.Torch.Interop;

namespace Harness.Torch;

/// <summary>Counts the bytes of tensors on the CPU that live at once, of those that this thread makes from its construction on. Disposed on the same thread, innermost first.</summary>
public sealed class TensorTally : IDisposable
{
    private nint running = Native.ht_tally_begin();

    /// <summary>The most bytes alive at once since the construction.</summary>
    public long PeakBytes => Native.ht_tally_peak(running);

    /// <summary>Stops counting.</summary>
    public void Dispose()
    {
        nint left = Interlocked.Exchange(ref running, 0);
        if (left != 0)
        {
            Native.ht_tally_end(left);
        }
    }
}
