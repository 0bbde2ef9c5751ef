using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Harness.Training.Steps.Kernels;

/// <summary>
/// A few threads that do one thing together and sleep in between: lane 0 is the caller, the others are threads of their own, so that what kernels keep a
/// thread (scratch memory) is kept. One for each number of threads, for the process's life.
/// </summary>
internal sealed class LaneThreads
{
    private static readonly ConcurrentDictionary<int, Lazy<LaneThreads>> All = [];

    private readonly object _gate = new(); // a monitor: it waits and wakes, which System.Threading.Lock doesn't
    private readonly Exception?[] _failures;
    private Action<int> _work = _ => { };
    private long _turn;
    private int _busy;

    private LaneThreads(int count)
    {
        _failures = new Exception?[count];
        for (var lane = 1; lane < count; lane++)
        {
            var own = lane;
            new Thread(() => Serve(own)) { IsBackground = true, Name = $"lane {own}" }.Start();
        }
    }

    /// <summary>Those of a number of lanes, at least 1.</summary>
    public static LaneThreads Of(int count) => All.GetOrAdd(count, n => new Lazy<LaneThreads>(() => new LaneThreads(n))).Value;

    /// <summary>A lane's part of so many things: contiguous, in the lanes' order, sizes that differ by at most 1.</summary>
    public static (long Start, long Length) Slice(long things, int lane, int lanes)
    {
        var start = things * lane / lanes;
        return (start, things * (lane + 1) / lanes - start);
    }

    /// <summary>Runs the work once in every lane and returns when all have ended. One caller at a time.</summary>
    /// <remarks>An exception of a lane is thrown here, the lowest lane's first.</remarks>
    public void Run(Action<int> work)
    {
        lock (_gate)
        {
            _work = work;
            _busy = _failures.Length - 1;
            _turn++;
            Monitor.PulseAll(_gate);
        }

        Try(0, work);
        lock (_gate)
        {
            while (_busy > 0)
            {
                Monitor.Wait(_gate);
            }
        }

        if (Array.Find(_failures, f => f is not null) is { } failure)
        {
            Array.Clear(_failures);
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private void Serve(int lane)
    {
        for (long seen = 0; ; seen++)
        {
            Action<int> work;
            lock (_gate)
            {
                while (_turn == seen)
                {
                    Monitor.Wait(_gate);
                }

                work = _work;
            }

            Try(lane, work);
            lock (_gate)
            {
                if (--_busy == 0)
                {
                    Monitor.PulseAll(_gate);
                }
            }
        }
    }

    private void Try(int lane, Action<int> work)
    {
        try
        {
            work(lane);
        }
        catch (Exception e) // it belongs to whoever asked: thrown again there
        {
            _failures[lane] = e;
        }
    }
}
