namespace Harness.Training.Measurement;

/// <summary>
/// Joules from samples of power, by the trapezium rule: for devices whose driver has no energy counter. What happens between two samples is not seen; NVML's readings are themselves
/// means over some tens of milliseconds.
/// </summary>
internal sealed class PowerIntegral : IDisposable
{
    private readonly Func<double?> _watts;
    private readonly TimeProvider _time;
    private readonly ITimer? _timer;
    private readonly Lock _gate = new();
    private double? _joules = 0;
    private double? _last;
    private long _at;

    /// <summary>Begins to sample.</summary>
    /// <param name="watts">Power now; null where it can't be read, and then the sum is unknown for good.</param>
    /// <param name="time">The clock.</param>
    /// <param name="every">Between two samples.</param>
    public PowerIntegral(Func<double?> watts, TimeProvider time, TimeSpan every)
    {
        (_watts, _time) = (watts, time);
        (_last, _at) = (watts(), time.GetTimestamp());
        _timer = time.CreateTimer(_ => Joules(), null, every, every);
    }

    /// <summary>Samples, and gives the joules since the beginning; null once power could not be read.</summary>
    public double? Joules()
    {
        lock (_gate)
        {
            var (watts, now) = (_watts(), _time.GetTimestamp());
            _joules += (watts + _last) / 2 * _time.GetElapsedTime(_at, now).TotalSeconds;
            if (_joules is null)
            {
                _timer?.Dispose();
            }

            (_last, _at) = (watts, now);
            return _joules;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();
}
