using System.Runtime.InteropServices;
using Harness.Torch;

namespace Harness.Training.Runs;

/// <summary>Tells a lack of memory from other errors. Our binding has a type for it; TorchSharp only has libtorch's message.</summary>
internal static class OutOfMemory
{
    /// <summary>Whether an exception says that memory ran out, on the host or on a device.</summary>
    public static bool Is(Exception e) =>
        e is OutOfMemoryException or TorchOutOfMemoryException
        || (e is ExternalException
            && (e.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
                || e.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase)
                || e.Message.Contains("not enough memory", StringComparison.OrdinalIgnoreCase)
                || e.Message.Contains("_ALLOC_FAILED", StringComparison.Ordinal))); // CUBLAS_STATUS_ALLOC_FAILED: the libraries' own words for it
}
