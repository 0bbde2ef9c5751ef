using System.Globalization;

namespace Harness.Execution.Tests.Chaos;

/// <summary>A control group of its own inside that of the tests, with a limit of memory: there the kernel's out-of-memory killer can be met safely.</summary>
internal sealed class MemoryGroup : IDisposable
{
    private static int _made;

    private readonly string _path;

    private MemoryGroup(string path) => _path = path;

    /// <summary>Where the memory controller (v1) has the group of this process, or null.</summary>
    private static string? Own
    {
        get
        {
            var path = File.Exists("/proc/self/cgroup")
                ? File.ReadLines("/proc/self/cgroup").Select(l => l.Split(':', 3)).FirstOrDefault(p => p is [_, "memory", _])?[2]
                : null;
            var folder = "/sys/fs/cgroup/memory" + path;
            return path is not null && Directory.Exists(folder) ? folder : null;
        }
    }

    public static MemoryGroup Of(long limit) => TryMake(limit) ?? throw new InvalidOperationException("no control group can be made here");

    public static MemoryGroup? TryMake(long limit)
    {
        try
        {
            var path = $"{Own ?? throw new IOException("no memory controller of version 1")}/harness-test-{Environment.ProcessId}-{Interlocked.Increment(ref _made)}";
            Directory.CreateDirectory(path);
            var group = new MemoryGroup(path);
            File.WriteAllText(Path.Combine(path, "memory.limit_in_bytes"), limit.ToString(CultureInfo.InvariantCulture));
            return group;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Add(int process) => File.WriteAllText(Path.Combine(_path, "cgroup.procs"), process.ToString(CultureInfo.InvariantCulture));

    public void Dispose()
    {
        for (var i = 0; i < 100; i++)
        {
            try
            {
                Directory.Delete(_path); // rmdir: the group's files are no files
                return;
            }
            catch (IOException)
            {
                Thread.Sleep(50); // its processes are not gone yet
            }
        }
    }
}

/// <summary>A test that needs a control group of its own; says so where it may not make one.</summary>
internal sealed class FactWithMemoryGroupAttribute : FactAttribute
{
    private static readonly Lazy<bool> Allowed = new(() =>
    {
        using var group = MemoryGroup.TryMake(1 << 30);
        return group is not null;
    });

    public FactWithMemoryGroupAttribute() => Skip = Allowed.Value ? null : "making a memory control group (version 1) needs root";
}
