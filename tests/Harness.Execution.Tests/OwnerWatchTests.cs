using Harness.Core.Runs;
using Harness.Execution.Claims;

namespace Harness.Execution.Tests;

/// <summary>Who is dead is told without comparing clocks.</summary>
public class OwnerWatchTests
{
    private static readonly RunId Run = new("0123456789abcdef");
    private static readonly Claim Elsewhere = new()
    {
        Attempt = 1,
        Process = (ProcessIdentity.Current with { Host = "another" }).ToString(),
        Token = "t",
        Device = "cpu",
        ClaimedAt = DateTimeOffset.UnixEpoch,
    };

    [Fact]
    public void A_beating_worker_of_another_host_lives_whatever_the_wall_clocks_do()
    {
        var time = new SteppingTime();
        var watch = new OwnerWatch(time, TimeSpan.FromSeconds(60));
        for (var beat = 0; beat < 500; beat++)
        {
            time.Wall += TimeSpan.FromHours(beat % 2 == 0 ? 1 : -2);
            time.Advance(TimeSpan.FromSeconds(20));
            Assert.Null(watch.WhyDead(Run, 1, Elsewhere, new Heartbeat(beat, null, null)));
        }
    }

    [Fact]
    public void A_worker_of_another_host_that_stands_still_for_the_limit_is_dead_and_not_before()
    {
        var time = new SteppingTime();
        var watch = new OwnerWatch(time, TimeSpan.FromSeconds(60));
        for (var second = 0; second < 60; second++)
        {
            Assert.Null(watch.WhyDead(Run, 1, Elsewhere, new Heartbeat(7, null, null)));
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(FailureCause.Killed, watch.WhyDead(Run, 1, Elsewhere, new Heartbeat(7, null, null))?.Cause);
    }

    [Fact]
    public void A_watcher_that_slept_declares_nobody_dead_on_waking()
    {
        var time = new SteppingTime();
        var watch = new OwnerWatch(time, TimeSpan.FromSeconds(60));
        Assert.Null(watch.WhyDead(Run, 1, Elsewhere, new Heartbeat(7, null, null)));
        time.Advance(TimeSpan.FromHours(8));
        Assert.Null(watch.WhyDead(Run, 1, Elsewhere, new Heartbeat(7, null, null)));
        Assert.Null(watch.WhyDead(Run, 1, Elsewhere, new Heartbeat(8, null, null)));
    }

    [Fact]
    public void A_claim_that_cannot_be_read_is_judged_by_its_heartbeat()
    {
        var time = new SteppingTime();
        var watch = new OwnerWatch(time, TimeSpan.FromSeconds(60));
        Death? death = null;
        for (var look = 0; look < 6; look++)
        {
            death = watch.WhyDead(Run, 1, claim: null, heartbeat: null);
            time.Advance(TimeSpan.FromSeconds(20));
        }

        Assert.NotNull(death);
    }

    [Fact]
    public void Dead_and_rebooted_workers_of_this_machine_are_known_at_once()
    {
        var watch = new OwnerWatch(TimeProvider.System, TimeSpan.FromSeconds(60));
        var dead = Elsewhere with { Process = (ProcessIdentity.Current with { StartTicks = 1 }).ToString() };
        var rebooted = Elsewhere with { Process = (ProcessIdentity.Current with { Boot = "x" }).ToString() };
        Assert.Equal(FailureCause.Killed, watch.WhyDead(Run, 1, dead, null)?.Cause);
        // Without /etc/machine-id (a bare container) a boot id that differs may be another machine's: only its heartbeat can tell.
        Assert.Equal(ProcessIdentity.Current.Machine == "0" ? null : FailureCause.Preempted, watch.WhyDead(Run, 1, rebooted, null)?.Cause);
    }

    /// <summary>A wall clock that jumps and a monotonic one that does not.</summary>
    private sealed class SteppingTime : TimeProvider
    {
        private long _ticks;

        public DateTimeOffset Wall { get; set; } = DateTimeOffset.UnixEpoch.AddYears(50);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => Wall;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan by) => _ticks += by.Ticks;
    }
}
