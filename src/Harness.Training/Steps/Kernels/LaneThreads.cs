using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Harness.Training.Steps.Kernels;

/// <summary>
/// A few threads that do one thing together and sleep in between: lane 0 is the caller, the others are threads of their own, so that what kernels keep a
/// thread (scratch memory) is kept. One for each number of threads, for the process's life.
/// </summary>
internal sealed class LaneThreads
{
    private static readonly ConcurrentDictionary<int, LaneThreads> All = [];

    private readonly SemaphoreSlim[] _start;
    private readonly SemaphoreSlim _done = new(0);
    private readonly Exception?[] _failures;
    private Action<int> _work = _ => { };

    private LaneThreads(int count)
    {
        _start = [.. Enumerable.Range(0, count).Select(_ => new SemaphoreSlim(0))];
        _failures = new Exception?[count];
        for (var lane = 1; lane < count; lane++)
        {
            var own = lane;
            new Thread(() => Serve(own)) { IsBackground = true, Name = $"lane {own}" }.Start();
        }
    }

    /// <summary>Those of a number of lanes, at least 1.</summary>
    public static LaneThreads Of(int count) => All.GetOrAdd(count, n => new LaneThreads(n));

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
        _work = work;
        for (var lane = 1; lane < _start.Length; lane++)
        {
            _start[lane].Release();
        }

        Try(0);
        for (var lane = 1; lane < _start.Length; lane++)
        {
            _done.Wait();
        }

        if (Array.Find(_failures, f => f is not null) is { } failure)
        {
            Array.Clear(_failures);
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private void Serve(int lane)
    {
        while (true)
        {
            _start[lane].Wait();
            Try(lane);
            _done.Release();
        }
    }

    private void Try(int lane)
    {
        try
        {
            _work(lane);
        }
        catch (Exception e) // it belongs to whoever asked: thrown again there
        {
            _failures[lane] = e;
        }
    }
}
