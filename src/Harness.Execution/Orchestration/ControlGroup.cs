using System.Globalization;

namespace Harness.Execution.Orchestration;

/// <summary>
/// The memory side of the control groups that this process is in (cgroup v2, or v1's memory controller): what containers, Slurm jobs and
/// systemd slices allow it. Children of this process are in the same groups.
/// </summary>
internal sealed class ControlGroup
{
    private readonly List<string> _levels = [];
    private readonly string _limit;
    private readonly string _usage;
    private readonly string _filePrefix;
    private readonly string _events;

    private ControlGroup(string mount, string path, bool unified)
    {
        (_limit, _usage, _filePrefix, _events) = unified
            ? ("memory.max", "memory.current", "", "memory.events")
            : ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_", "memory.oom_control");

        // In a container the path may be the host's, and only the mount itself is there.
        var at = Path.Combine(mount, path.TrimStart('/'));
        for (at = Directory.Exists(at) ? at : mount; at.Length >= mount.Length; at = Path.GetDirectoryName(at)!)
        {
            _levels.Add(at);
        }
    }

    /// <summary>The group of this process, or null where there is none.</summary>
    /// <param name="root">Where <c>proc</c> and <c>sys</c> are; tests have their own.</param>
    public static ControlGroup? OfThisProcess(string root = "/")
    {
        var mount = Path.Combine(root, "sys/fs/cgroup");
        foreach (var line in Lines(Path.Combine(root, "proc/self/cgroup")))
        {
            if (line.Split(':', 3) is [_, var controllers, var path])
            {
                if (controllers.Split(',').Contains("memory"))
                {
                    return new ControlGroup(Path.Combine(mount, "memory"), path, unified: false);
                }

                if (controllers.Length == 0 && File.Exists(Path.Combine(mount, "cgroup.controllers")))
                {
                    return new ControlGroup(mount, path, unified: true);
                }
            }
        }

        return null;
    }

    /// <summary>
    /// Bytes that the group and those around it still allow; null where none has a limit. File pages that the kernel keeps only as long as nobody
    /// needs the room count as free.
    /// </summary>
    public long? AvailableBytes()
    {
        long? least = null;
        foreach (var level in _levels)
        {
            if (Number(Path.Combine(level, _limit)) is { } limit and < long.MaxValue / 2 && Number(Path.Combine(level, _usage)) is { } used)
            {
                var stat = Path.Combine(level, "memory.stat");
                var reclaimable = (Value(stat, _filePrefix + "inactive_file") ?? 0) + (Value(stat, _filePrefix + "active_file") ?? 0);
                var left = Math.Max(0, limit - Math.Max(0, used - reclaimable));
                least = Math.Min(least ?? left, left);
            }
        }

        return least;
    }

    /// <summary>How often the kernel killed a process of the group for want of memory, its own or the machine's; null where it isn't counted.</summary>
    public long? OutOfMemoryKills() => Value(Path.Combine(_levels[0], _events), "oom_kill");

    /// <summary>The number after a key in a file of lines like <c>key 12</c>; null without one.</summary>
    internal static long? Value(string file, string key)
    {
        foreach (var line in Lines(file))
        {
            if (line.StartsWith(key, StringComparison.Ordinal) && line.Length > key.Length && line[key.Length] == ' '
                && long.TryParse(line.AsSpan(key.Length + 1).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                return value;
            }
        }

        return null;
    }

    private static long? Number(string file) =>
        Lines(file) is [var line, ..] && long.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
