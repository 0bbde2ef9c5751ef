using System.Globalization;
using Harness.Core.Runs;
using Harness.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Runs;

/// <summary>The device that a session names: <c>cpu</c> or <c>cuda:K</c>.</summary>
internal static class TrainingDevice
{
    /// <summary>Opens it.</summary>
    /// <exception cref="RunFailedException">No such device, or this engine can't use it.</exception>
    public static Device Open(string name)
    {
        if (name == "cpu")
        {
            return CPU;
        }

        if (!name.StartsWith("cuda:", StringComparison.Ordinal)
            || !int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            throw new RunFailedException(FailureCause.UserError, $"device '{name}': no such device; use cpu or cuda:K, for example cuda:0.");
        }

        if (!cuda.is_available() || index >= cuda.device_count())
        {
            throw new RunFailedException(FailureCause.DeviceFault, string.Create(CultureInfo.InvariantCulture,
                $"device '{name}': this engine sees {(cuda.is_available() ? cuda.device_count() : 0)} CUDA devices. Run 'harness doctor' to see why."));
        }

        TorchExtensions.UseDevice(index);
        return device(DeviceType.CUDA, index);
    }
}
