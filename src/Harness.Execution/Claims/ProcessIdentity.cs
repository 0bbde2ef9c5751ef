using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Harness.Execution.Claims;

/// <summary>
/// One process, told apart from every other: a process id alone comes back after a reboot, in another container or once it is reused, so
/// the host, the boot, the process namespace and the start time belong to it.
/// </summary>
/// <param name="Host">Name of the machine, for people.</param>
/// <param name="Machine">8 hex digits of a hash of /etc/machine-id, since cloned machines share names; <c>0</c> where there is none.</param>
/// <param name="Boot">The kernel's boot id; <c>0</c> where there is none.</param>
/// <param name="PidNamespace">Inode of the process namespace; a pid means nothing outside it. <c>0</c> where there is none.</param>
/// <param name="Pid">Process id.</param>
/// <param name="StartTicks">Clock ticks from boot to the start of the process (field 22 of /proc/pid/stat).</param>
internal sealed record ProcessIdentity(string Host, string Machine, string Boot, string PidNamespace, int Pid, long StartTicks)
{
    /// <summary>This process.</summary>
    public static ProcessIdentity Current { get; } = Of(Environment.ProcessId)
        ?? throw new InvalidOperationException("this process does not find itself in the process table");

    /// <summary>A live process of this machine, or null if there is none with that id.</summary>
    public static ProcessIdentity? Of(int pid) =>
        StartOf(pid) is { } start ? new ProcessIdentity(Here.Host, Here.Machine, Here.Boot, Here.PidNamespace, pid, start) : null;

    /// <summary>Whether the process lives, as far as this machine can tell.</summary>
    public Liveness Look()
    {
        if (Host != Here.Host || Machine != Here.Machine)
        {
            return Liveness.Elsewhere;
        }

        if (Boot != Here.Boot)
        {
            return Machine == "0" ? Liveness.Elsewhere : Liveness.Rebooted;
        }

        if (PidNamespace != Here.PidNamespace)
        {
            return Liveness.Elsewhere;
        }

        return StartOf(Pid) == StartTicks ? Liveness.Alive : Liveness.Dead;
    }

    /// <summary>One line without blanks, for the environment of a child and for a folder's name; <see cref="Parse"/> reads it.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Plain(Host)}_{Machine}_{Boot}_{PidNamespace}_{Pid}_{StartTicks}");

    /// <summary>Reads <see cref="ToString"/>'s form; null if it isn't one.</summary>
    public static ProcessIdentity? Parse(string? text)
    {
        var parts = text?.Split('_') ?? [];
        return parts.Length == 6
            && int.TryParse(parts[4], NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
            && long.TryParse(parts[5], NumberStyles.None, CultureInfo.InvariantCulture, out var start)
            ? new ProcessIdentity(parts[0], parts[1], parts[2], parts[3], pid, start)
            : null;
    }

    /// <summary>For messages: <c>host ada, process 4711</c>.</summary>
    public string Describe() => string.Create(CultureInfo.InvariantCulture, $"host {Host}, process {Pid}");

    private static string Plain(string host) =>
        new([.. host.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '-').Take(64)]);

    /// <summary>Start time of a live process; null if there is none, or only its zombie.</summary>
    private static long? StartOf(int pid)
    {
        if (!OperatingSystem.IsLinux())
        {
            return StartWithoutProc(pid);
        }

        string stat;
        try
        {
            stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        // The second field is the command in parentheses, which may itself hold blanks and parentheses (proc(5)).
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length < 20 || fields[0] is "Z" or "X" or "x"
            ? null
            : long.Parse(fields[19], CultureInfo.InvariantCulture);
    }

    private static long? StartWithoutProc(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return process.StartTime.ToUniversalTime().Ticks / TimeSpan.TicksPerSecond;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>The machine this program runs on.</summary>
    private static class Here
    {
        public static readonly string Host = Plain(Environment.MachineName);

        public static readonly string Machine = Line("/etc/machine-id") is { Length: > 0 } id
            ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))[..8]
            : "0";

        public static readonly string Boot = Line("/proc/sys/kernel/random/boot_id") ?? "0";

        public static readonly string PidNamespace = Namespace();

        private static string? Line(string path)
        {
            try
            {
                return File.ReadAllText(path).Trim();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }

        private static string Namespace()
        {
            try
            {
                var link = new FileInfo("/proc/self/ns/pid").LinkTarget ?? "";
                return new string([.. link.Where(char.IsAsciiDigit)]) is { Length: > 0 } digits ? digits : "0";
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return "0";
            }
        }
    }
}

/// <summary>What this machine knows about a process.</summary>
internal enum Liveness
{
    /// <summary>It runs here.</summary>
    Alive,

    /// <summary>It ran here under this boot and is gone; also where its id now belongs to another process.</summary>
    Dead,

    /// <summary>It ran here before the machine was restarted.</summary>
    Rebooted,

    /// <summary>It belongs to another machine or container: only its heartbeat can tell.</summary>
    Elsewhere,
}
