using System.Runtime.InteropServices;
using Harness.Core.Runs;

namespace Harness.Training.Runs;

/// <summary>
/// The runs of a stack by lane, which of them are still under way, and what becomes of one whose own affairs go wrong: it ends, alone. A lane whose run has ended stays as it is until the lanes are
/// packed anew.
/// </summary>
internal sealed class LiveRuns
{
    private readonly Action<int, MemberEnd> _ended;
    private TrainingRun[] _runs;
    private int[] _members;
    private bool[] _isLive;

    /// <summary>All of them live.</summary>
    /// <param name="runs">One a lane.</param>
    /// <param name="ended">Called with a run's place in <paramref name="runs"/> as soon as it has ended.</param>
    public LiveRuns(IReadOnlyList<TrainingRun> runs, Action<int, MemberEnd> ended)
    {
        (_runs, _members, _ended) = ([.. runs], [.. Enumerable.Range(0, runs.Count)], ended);
        _isLive = new bool[runs.Count];
        Array.Fill(_isLive, true);
    }

    /// <summary>Lanes, those of ended runs included.</summary>
    public int Lanes => _runs.Length;

    /// <summary>Runs under way.</summary>
    public int Count => _isLive.Count(live => live);

    /// <summary>Whether one is under way.</summary>
    public bool Any => _isLive.Contains(true);

    /// <summary>By lane.</summary>
    public ReadOnlySpan<bool> IsLive => _isLive;

    /// <summary>The run of a lane, ended or not.</summary>
    public TrainingRun this[int lane] => _runs[lane];

    /// <summary>Calls an action with the lane of each live run that a condition holds for, asked when its turn comes.</summary>
    public void Each(Func<TrainingRun, bool> which, Action<int> action)
    {
        for (var lane = 0; lane < _runs.Length; lane++)
        {
            if (_isLive[lane] && which(_runs[lane]))
            {
                action(lane);
            }
        }
    }

    /// <summary>Calls an action with the lane of each live run.</summary>
    public void Each(Action<int> action) => Each(_ => true, action);

    /// <summary>By lane, whether its run is live and a condition holds for it.</summary>
    public bool[] Where(Func<TrainingRun, bool> which)
    {
        var found = new bool[_runs.Length];
        Each(which, lane => found[lane] = true);
        return found;
    }

    /// <summary>Does something that is one run's own; what goes wrong there ends that run alone, unless it is memory or the device.</summary>
    public void Guard(int lane, Action<TrainingRun> action)
    {
        try
        {
            action(_runs[lane]);
        }
        catch (Exception e) when (e is not ExternalException && !OutOfMemory.Is(e) && _isLive[lane])
        {
            End(lane, new MemberEnd(null, e));
        }
    }

    /// <summary>A run has ended, with its result.</summary>
    public void End(int lane, RunResult result) => End(lane, new MemberEnd(result, null));

    /// <summary>Forgets the ended runs: lanes are numbered anew, in their order.</summary>
    public void Pack()
    {
        int[] staying = [.. Enumerable.Range(0, _runs.Length).Where(lane => _isLive[lane])];
        (_runs, _members) = ([.. staying.Select(lane => _runs[lane])], [.. staying.Select(lane => _members[lane])]);
        _isLive = new bool[staying.Length];
        Array.Fill(_isLive, true);
    }

    private void End(int lane, MemberEnd end)
    {
        _isLive[lane] = false;
        _ended(_members[lane], end);
    }
}
