using System.Globalization;

namespace Harness.Execution.Files;

/// <summary>Recognises a full disk (or quota) among I/O errors.</summary>
public static class DiskFull
{
    /// <summary>ENOSPC or EDQUOT, in .NET's clothing.</summary>
    public static bool Is(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return (error is IOException && (error.HResult & 0xFFFF) is Posix.NoSpace or Posix.QuotaLinux)
            || (error.InnerException is { } inner && Is(inner));
    }

    /// <summary>Bytes for people: 12.3 MB.</summary>
    public static string Text(long bytes) => bytes switch
    {
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.0} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB"),
    };
}
