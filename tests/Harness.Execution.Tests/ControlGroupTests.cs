using Harness.Execution.Orchestration;

namespace Harness.Execution.Tests;

/// <summary>What a container, a Slurm job or a slice leaves a process, read from made-up trees of both versions.</summary>
public class ControlGroupTests
{
    [Fact]
    public void The_tightest_of_the_groups_around_a_process_decides_and_file_pages_count_as_free()
    {
        using var root = new TemporaryFolder();
        Write(root, "proc/self/cgroup", "0::/user.slice/job");
        Write(root, "sys/fs/cgroup/cgroup.controllers", "memory");
        Write(root, "sys/fs/cgroup/user.slice/memory.max", "5000");
        Write(root, "sys/fs/cgroup/user.slice/memory.current", "4900");
        Write(root, "sys/fs/cgroup/user.slice/memory.stat", "anon 2000\ninactive_file 1500\nactive_file 1000\nshmem 400");
        Write(root, "sys/fs/cgroup/user.slice/job/memory.max", "max");
        Write(root, "sys/fs/cgroup/user.slice/job/memory.current", "4000");
        Write(root, "sys/fs/cgroup/user.slice/job/memory.events", "oom 4\noom_kill 3\noom_group_kill 0");

        var group = ControlGroup.OfThisProcess(root.Path)!;

        Assert.Equal(5000 - (4900 - 2500), group.AvailableBytes());
        Assert.Equal(3, group.OutOfMemoryKills());
    }

    [Fact]
    public void The_first_version_is_read_too_also_where_the_path_is_the_hosts()
    {
        using var root = new TemporaryFolder();
        Write(root, "proc/self/cgroup", "5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/");
        Write(root, "sys/fs/cgroup/memory/memory.limit_in_bytes", "1000");
        Write(root, "sys/fs/cgroup/memory/memory.usage_in_bytes", "900");
        Write(root, "sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 100\ntotal_active_file 50");
        Write(root, "sys/fs/cgroup/memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 7");

        var group = ControlGroup.OfThisProcess(root.Path)!;

        Assert.Equal(250, group.AvailableBytes());
        Assert.Equal(7, group.OutOfMemoryKills());
    }

    [Fact]
    public void No_limit_is_no_limit()
    {
        using var root = new TemporaryFolder();
        Write(root, "proc/self/cgroup", "4:memory:/");
        Write(root, "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
        Write(root, "sys/fs/cgroup/memory/memory.usage_in_bytes", "900");
        Assert.Null(ControlGroup.OfThisProcess(root.Path)!.AvailableBytes());
        File.Delete(root["proc/self/cgroup"]);
        Assert.Null(ControlGroup.OfThisProcess(root.Path));
    }

    private static void Write(TemporaryFolder root, string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(root[path])!);
        File.WriteAllText(root[path], text + "\n");
    }
}
