namespace Harness.Cli.Tests.Fitting;

/// <summary>A fact about files that only Linux has; skipped elsewhere, and where a permission is tested for root too, to whom every file is readable.</summary>
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute(bool notAsRoot = false)
    {
        NotAsRoot = notAsRoot;
        if (!OperatingSystem.IsLinux())
        {
            Skip = "Needs Linux.";
        }
        else if (notAsRoot && Environment.IsPrivilegedProcess)
        {
            Skip = "Root reads every file, whatever its permissions.";
        }
    }

    public bool NotAsRoot { get; }
}
