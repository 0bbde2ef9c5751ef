using Harness.Core.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Runs;

/// <summary>
/// The two ways to compute on a GPU. Deterministic: libtorch takes algorithms that give the same bits each time on the same GPU model and library, cuBLAS its fixed workspace, attention none
/// whose backward pass adds up in varying order, and fp32 products keep 23 bits. Fast: whatever is quickest; fp32 products round their factors to TF32 (10 bits).
/// A CPU has one way.
/// </summary>
internal sealed class DeviceMode : IDisposable
{
    private readonly IDisposable? _deterministic;
    private readonly bool? _tf32Before;

    /// <summary>Switches until disposed.</summary>
    public DeviceMode(ExecutionSettings settings, Device device)
    {
        if (device.type == DeviceType.CUDA)
        {
            _deterministic = use_deterministic_algorithms(settings.Deterministic, warn_only: true);
            _tf32Before = backends.cuda.matmul.allow_tf32;
            backends.cuda.matmul.allow_tf32 = !settings.Deterministic;
        }
    }

    /// <summary>What the mode is and gives up, for records; null on a CPU.</summary>
    public static string? Describe(ExecutionSettings settings) =>
        settings.Device == "cpu" ? null
        : settings.Deterministic ? "deterministic"
        : "fast: gives up the same bits at each run, and fp32 products use TF32";

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_tf32Before is { } before)
        {
            backends.cuda.matmul.allow_tf32 = before;
        }

        _deterministic?.Dispose();
    }
}
