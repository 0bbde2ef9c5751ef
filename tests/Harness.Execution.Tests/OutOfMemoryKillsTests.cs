using Harness.Core.Runs;
using Harness.Execution.Orchestration;

namespace Harness.Execution.Tests;

/// <summary>The kernel's out-of-memory killer and a person's kill -9 look the same to a parent; the kernel's count tells them apart.</summary>
public class OutOfMemoryKillsTests
{
    private long _count = 40;

    [Fact]
    public void A_kill_of_the_kernel_explains_one_death_and_no_other()
    {
        var kills = new OutOfMemoryKills(() => _count);
        Assert.False(kills.Explain(Seconds(1)));
        _count++;
        Assert.True(kills.Explain(Seconds(2)));
        Assert.False(kills.Explain(Seconds(2)));
        _count += 2;
        Assert.True(kills.Explain(Seconds(3)));
        Assert.True(kills.Explain(Seconds(3)));
        Assert.False(kills.Explain(Seconds(3)));
    }

    [Fact]
    public void A_process_of_others_that_the_kernel_killed_long_ago_explains_nothing()
    {
        var kills = new OutOfMemoryKills(() => _count);
        _count++;
        kills.Observe(Seconds(5));
        Assert.False(kills.Explain(Seconds(16)));
        _count++;
        kills.Observe(Seconds(20));
        Assert.True(kills.Explain(Seconds(28)));
    }

    [Theory]
    [InlineData(true, FailureCause.OutOfMemory, "by the kernel because the machine ran out of memory")]
    [InlineData(false, FailureCause.Killed, "SIGKILL")]
    public void The_cause_follows(bool kernel, FailureCause cause, string words)
    {
        var death = new WorkerDeath(137, kernel, "").ForItsRun();
        Assert.Equal(cause, death.Cause);
        Assert.Contains(words, death.Message, StringComparison.Ordinal);
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
