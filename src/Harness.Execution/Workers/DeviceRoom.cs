using Harness.Core.Runs;

namespace Harness.Execution.Workers;

/// <summary>
/// Which runs a worker's lanes may train at the same time. A run is let in if the plan's estimates of memory fit side by side, if it leaves the device its part (a run of which n fill
/// the device takes an n-th of it), and if neither it nor a run inside ran out of memory in so large a company before. A run that finds nobody inside is always let in: alone
/// it has what there is.
/// </summary>
/// <param name="bytes">Memory that the worker may use; null where unknown, and then estimates don't count.</param>
/// <param name="time">Gives the monotonic time.</param>
internal sealed class DeviceRoom(long? bytes, TimeProvider time)
{
    private const double Rounding = 1e-9;

    // Claiming may take long (files, a calibration, for which other lanes finish their steps first), and a lane that ends a run in the middle of a step asks for its company: two locks.
    private readonly Lock _claiming = new();
    private readonly object _gate = new(); // a monitor: it waits and wakes, which System.Threading.Lock doesn't
    private readonly Dictionary<RunId, Guest> _guests = [];
    private volatile bool _isOver;
    private bool _hasChanged = true;
    private long _lookedAt;

    /// <summary>Runs inside.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _guests.Values.Sum(g => g.Members);
            }
        }
    }

    /// <summary>Whether nothing is left for anybody.</summary>
    public bool IsOver => _isOver;

    /// <summary>Whether no run could be let in, however small.</summary>
    public bool IsFull
    {
        get
        {
            lock (_gate)
            {
                return _guests.Values.Sum(g => g.Share) + 1.0 / RunsPerWorker.Limit > 1 + Rounding;
            }
        }
    }

    /// <summary>Whether there may be something new to take: somebody entered or left since the last look, or that is so long ago. The caller looks.</summary>
    public bool MayLook(TimeSpan again)
    {
        lock (_gate)
        {
            if (!_hasChanged && time.GetElapsedTime(_lookedAt) < again)
            {
                return false;
            }

            (_hasChanged, _lookedAt) = (false, time.GetTimestamp());
            return true;
        }
    }

    /// <summary>Does something while nobody enters: claiming goes by who is inside.</summary>
    public T Hold<T>(Func<T> action)
    {
        lock (_claiming)
        {
            return action();
        }
    }

    /// <summary>Whether a run may be let in now.</summary>
    /// <param name="run">The run.</param>
    /// <param name="fill">How many like it fill the device, at least 1.</param>
    /// <param name="mostTogether">Largest company that it may be in; null without a limit.</param>
    public bool Fits(PlannedRun run, int fill, int? mostTogether = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        lock (_gate)
        {
            return _guests.Count == 0
                || (_guests.Values.Sum(g => g.Share) + 1.0 / fill <= 1 + Rounding
                    && (bytes is null || _guests.Values.Sum(g => g.Bytes) + BytesOf(run) <= bytes)
                    && Math.Min(mostTogether ?? int.MaxValue, _guests.Values.Min(g => g.MostTogether)) > Count);
        }
    }

    /// <summary>Lets a run in. Only within <see cref="Hold"/>.</summary>
    public void Enter(PlannedRun run, int fill, int? mostTogether = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        lock (_gate)
        {
            _guests.Add(run.Id, new Guest(run, 1, 1.0 / fill, BytesOf(run), mostTogether ?? int.MaxValue));
            CountCompany();
            Changed(); // another lane may find something too
        }
    }

    /// <summary>How many runs of the shape of one inside may join it there, itself included, if each needs as much memory as that.</summary>
    public int RoomForStack(PlannedRun first)
    {
        ArgumentNullException.ThrowIfNull(first);
        lock (_gate)
        {
            var others = _guests.Values.Where(g => g.Run.Id != first.Id).Sum(g => g.Bytes);
            return bytes is null || others == 0 ? int.MaxValue : (int)Math.Clamp((bytes.Value - others) / Math.Max(1, BytesOf(first)), 1, int.MaxValue);
        }
    }

    /// <summary>A run inside is joined by others of its shape. Only within <see cref="Hold"/>.</summary>
    /// <param name="first">The run.</param>
    /// <param name="members">All of them.</param>
    /// <param name="eachNeedsMemory">Whether the first one's estimate is its own alone; a plan with a number of runs a stack estimates the whole stack.</param>
    public void Grow(PlannedRun first, int members, bool eachNeedsMemory)
    {
        ArgumentNullException.ThrowIfNull(first);
        lock (_gate)
        {
            var guest = _guests[first.Id];
            _guests[first.Id] = guest with { Members = members, Share = Math.Min(1, members * guest.Share), Bytes = checked((eachNeedsMemory ? members : 1) * BytesOf(first)) };
            CountCompany();
        }
    }

    /// <summary>Nothing is left for anybody: those who wait need not look themselves.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isOver = true;
            Changed();
        }
    }

    /// <summary>A run, with the stack that it may head, leaves.</summary>
    public void Leave(PlannedRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        lock (_gate)
        {
            _guests.Remove(run.Id);
            Changed();
        }
    }

    /// <summary>Most runs that were inside at once since a run inside came.</summary>
    public int CompanyOf(PlannedRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        lock (_gate)
        {
            return _guests[run.Id].Company;
        }
    }

    /// <summary>Waits until somebody has entered or left, or for so long.</summary>
    public void WaitForChange(TimeSpan most, CancellationToken stop)
    {
        using var woken = stop.Register(() =>
        {
            lock (_gate)
            {
                Monitor.PulseAll(_gate);
            }
        });
        lock (_gate)
        {
            if (!_hasChanged && !stop.IsCancellationRequested)
            {
                Monitor.Wait(_gate, most);
            }
        }
    }

    private void Changed()
    {
        _hasChanged = true;
        Monitor.PulseAll(_gate);
    }

    private void CountCompany()
    {
        var now = _guests.Values.Sum(g => g.Members);
        foreach (var (id, guest) in _guests.ToList())
        {
            _guests[id] = guest with { Company = Math.Max(guest.Company, now) };
        }
    }

    /// <summary>A run without an estimate counts as nothing: there is none where the plan was written without.</summary>
    private static long BytesOf(PlannedRun run) => run.Estimate?.PeakMemoryBytes ?? 0;

    private sealed record Guest(PlannedRun Run, int Members, double Share, long Bytes, int MostTogether, int Company = 0);
}
