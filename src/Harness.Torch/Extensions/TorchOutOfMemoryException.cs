using System.Runtime.InteropServices;

namespace Harness.Torch;

/// <summary>libtorch could not get the memory that an operation needed, on the CPU or on a device; the message is libtorch's.</summary>
/// <remarks>The process can go on: nothing was changed. A smaller batch, or freeing tensors, may help.</remarks>
public sealed class TorchOutOfMemoryException : ExternalException
{
    /// <summary>Makes an exception without a message.</summary>
    public TorchOutOfMemoryException()
    {
    }

    /// <summary>Makes an exception with libtorch's message.</summary>
    public TorchOutOfMemoryException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with libtorch's message and its cause.</summary>
    public TorchOutOfMemoryException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
