using Harness.Core.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Runs;

/// <summary>
/// The two ways to compute on a GPU. Deterministic: libtorch takes algorithms that give the same bits each time on the same GPU model and library, cuBLAS its fixed workspace, attention none
/// whose backward pass adds up in varying order, and fp32 products keep 23 bits. An operation that has no such algorithm fails; in libtorch's milder form, which only warns, flash attention's
/// backward pass varies and cuDNN's is allowed. Fast: whatever is quickest; fp32 products round their factors to TF32 (10 bits).
/// A CPU has one way. The switches are the process's: runs that train at the same time have one mode, which ends with the last of them.
/// </summary>
internal sealed class DeviceMode : IDisposable
{
    private static readonly Lock Gate = new();
    private static (bool Deterministic, IDisposable Switch, bool Tf32Before)? _current;
    private static int _users;
    private bool _isUser;

    /// <summary>Switches until disposed.</summary>
    public DeviceMode(ExecutionSettings settings, Device device)
    {
        if (device.type != DeviceType.CUDA)
        {
            return;
        }

        lock (Gate)
        {
            if (_current is { } mode && mode.Deterministic != settings.Deterministic)
            {
                throw new InvalidOperationException("Runs that train at the same time in one process are all deterministic or all fast.");
            }

            if (_current is null)
            {
                _current = (settings.Deterministic, use_deterministic_algorithms(settings.Deterministic), backends.cuda.matmul.allow_tf32);
                backends.cuda.matmul.allow_tf32 = !settings.Deterministic;
            }

            _users++;
            _isUser = true;
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
        if (!_isUser)
        {
            return;
        }

        _isUser = false;
        lock (Gate)
        {
            if (--_users == 0 && _current is { } mode)
            {
                backends.cuda.matmul.allow_tf32 = mode.Tf32Before;
                mode.Switch.Dispose();
                _current = null;
            }
        }
    }
}
