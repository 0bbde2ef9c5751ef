using System.Globalization;

namespace Harness.Torch;

public static partial class TorchExtensions
{
    /// <summary>The largest memory that this process has had since it began or <see cref="ResetPeakMemory"/>, in bytes; null where the system doesn't say.</summary>
    public static long? PeakMemoryBytes()
    {
        const string status = "/proc/self/status";
        var line = File.Exists(status) ? File.ReadLines(status).FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)) : null;
        return line is not null && long.TryParse(line.AsSpan(6, line.Length - 8), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var kib)
            ? kib * 1024
            : null;
    }

    /// <summary>Starts a new measurement of <see cref="PeakMemoryBytes"/>; false where the kernel doesn't allow it.</summary>
    public static bool ResetPeakMemory()
    {
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
