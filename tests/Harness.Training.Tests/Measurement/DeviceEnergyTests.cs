using Harness.DeviceTwin;
using Harness.Torch.Devices;
using Harness.Training.Measurement;

namespace Harness.Training.Tests.Measurement;

/// <summary>Energy of a GPU, over a stand-in for NVML whose figures are known.</summary>
public sealed class DeviceEnergyTests
{
    [Fact]
    public void A_device_with_an_energy_counter_is_read_by_that()
    {
        var total = DeviceEnergy.Of(Monitor(), TimeProvider.System)!;
        var before = total()!.Value;
        Assert.Equal(0.25, total()!.Value - before, 1e-9); // the stand-in's counter moves by 250 mJ a look
    }

    [Fact]
    public void Without_a_counter_the_readings_of_power_are_added_up()
    {
        var clock = new ManualClock();
        var total = DeviceEnergy.Of(Monitor(energy: false), clock)!;
        Assert.Equal(0, total());
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2 * 350.5, total()!.Value, 1e-6); // constant power: its time
        Assert.True(clock.Timers > 0); // a long step is not one sample
    }

    [Fact]
    public void Without_either_there_is_no_figure() => Assert.Null(DeviceEnergy.Of(Monitor(energy: false, power: false), TimeProvider.System));

    [Fact]
    public void Changing_power_is_added_up_by_the_trapezium_rule()
    {
        var clock = new ManualClock();
        double? watts = 100;
        using var integral = new PowerIntegral(() => watts, clock, TimeSpan.FromSeconds(1));
        foreach (var (seconds, next) in new[] { (1.0, 300.0), (0.5, 300.0), (2.0, 0.0) })
        {
            clock.Advance(TimeSpan.FromSeconds(seconds));
            watts = next;
            _ = integral.Joules();
        }

        Assert.Equal(200 + 150 + 300, integral.Joules()!.Value, 1e-6);
    }

    [Fact]
    public void Power_that_could_not_be_read_once_leaves_no_figure_instead_of_one_with_a_gap()
    {
        var clock = new ManualClock();
        double? watts = 100;
        using var integral = new PowerIntegral(() => watts, clock, TimeSpan.FromSeconds(1));
        var meter = new SharedEnergy(integral.Joules);
        using var early = meter.Join();
        clock.Advance(TimeSpan.FromSeconds(1));
        watts = null;
        _ = integral.Joules();
        watts = 50;
        clock.Advance(TimeSpan.FromSeconds(1));
        _ = integral.Joules();
        Assert.Null(early.Joules());
        Assert.False(meter.IsReadable); // who comes later gets another meter
    }

    [Fact]
    public void Runs_at_the_same_time_share_what_the_device_uses_and_none_is_lost()
    {
        double? total = 0;
        var meter = new SharedEnergy(() => total);
        using var first = meter.Join();
        total = 10; // the first alone
        using var second = meter.Join();
        total = 30; // both
        Assert.Equal((20.0, 10.0), (first.Joules(), second.Joules()));
        first.Dispose();
        total = 35; // the second alone
        Assert.Equal((20.0, 15.0), (first.Joules(), second.Joules()));
    }

    private static DeviceMonitor Monitor(bool energy = true, bool power = true) => Twin.Open(energy, power, () => DeviceMonitor.At(Twin.Path, 0, Twin.Driver, out _)!);

    private sealed class ManualClock : TimeProvider
    {
        private long _now;

        public int Timers { get; private set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan by) => _now += by.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Timers++;
            return new NoTimer();
        }

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
