using System.Runtime.InteropServices;

namespace Harness.Training.Runs;

/// <summary>
/// Tells a device that failed from a call that was wrong. After one of CUDA's errors (an illegal access, an ECC error, a lost device) the process's context is gone for good; a message of
/// libtorch's own about shapes or types is a defect of ours, and no reason to set a device aside.
/// </summary>
internal static class DeviceFault
{
    private static readonly string[] Words = ["CUDA error", "CUDA driver error", "CUDNN_STATUS", "cuDNN error", "CUBLAS_STATUS", "cuLaunchKernel", "cuModuleLoad", "cudaError", "device-side assert", "NVML"];

    /// <summary>Whether an exception says that a device failed.</summary>
    public static bool Is(Exception e) => e is ExternalException && !OutOfMemory.Is(e) && Words.Any(word => e.Message.Contains(word, StringComparison.OrdinalIgnoreCase));
}
