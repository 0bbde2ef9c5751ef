namespace Harness.Execution.Orchestration;

/// <summary>
/// Tells whether the kernel killed a worker for want of memory, or someone else did: both are SIGKILL. The kernel only counts such kills, so
/// each one explains one death, and only a death soon after.
/// </summary>
/// <param name="count">Kills so far, of any process that could be a worker.</param>
internal sealed class OutOfMemoryKills(Func<long> count)
{
    /// <summary>A process that was killed gives its memory back before it is gone, which takes seconds at most.</summary>
    private static readonly TimeSpan Explains = TimeSpan.FromSeconds(10);

    private readonly Queue<TimeSpan> _unexplained = new();
    private long _seen = count();

    /// <summary>Those of this machine, or of this process's control group where that counts its own.</summary>
    public static OutOfMemoryKills OfThisMachine()
    {
        var group = ControlGroup.OfThisProcess();
        return new OutOfMemoryKills(() => group?.OutOfMemoryKills() ?? ControlGroup.Value("/proc/vmstat", "oom_kill") ?? 0);
    }

    /// <summary>Looks at the count; to be called often, so that it is known when a kill happened.</summary>
    /// <param name="now">The orchestrator's time.</param>
    public void Observe(TimeSpan now)
    {
        for (var kills = count(); _seen < kills; _seen++)
        {
            _unexplained.Enqueue(now);
        }

        while (_unexplained.TryPeek(out var at) && now - at > Explains)
        {
            _unexplained.Dequeue();
        }
    }

    /// <summary>Whether a process that just died of SIGKILL is one of them; the kill then explains no other death.</summary>
    /// <param name="now">The orchestrator's time.</param>
    public bool Explain(TimeSpan now)
    {
        Observe(now);
        return _unexplained.TryDequeue(out _);
    }
}
