using Harness.Core.Runs;

namespace Harness.Execution.Claims;

/// <summary>
/// Judges whether the worker of an open attempt still lives. On this machine the process table tells at once. For every other machine, and
/// for a process here that is stopped or stuck, only the growth of its heartbeat counts, measured by the watcher's own monotonic clock: no two clocks are
/// ever compared, and a wall clock that steps or a watcher that was itself stopped declares nobody dead.
/// </summary>
/// <param name="time">Gives the monotonic time.</param>
/// <param name="staleAfter">How long a heartbeat may stand still.</param>
internal sealed class OwnerWatch(TimeProvider time, TimeSpan staleAfter)
{
    /// <summary>A single look adds at most this share of the limit, so that a sleeping watcher needs several looks to be sure.</summary>
    private const int LooksAtLeast = 4;

    private readonly Dictionary<(RunId Run, int Attempt), Observation> _seen = [];

    /// <summary>Why the attempt's worker must be dead, or null if it may live.</summary>
    public Death? WhyDead(RunId run, int attempt, Claim? claim, Heartbeat? heartbeat)
    {
        var process = ProcessIdentity.Parse(claim?.Process);
        switch (process?.Look())
        {
            case Liveness.Dead:
                return new Death(FailureCause.Killed, $"the worker ({process.Describe()}) died without a word");
            case Liveness.Rebooted:
                return new Death(FailureCause.Preempted, $"host {process.Host} was restarted");
            default:
                break;
        }

        var now = time.GetTimestamp();
        var key = (run, attempt);
        if (!_seen.TryGetValue(key, out var before) || before.Counter != heartbeat?.Counter)
        {
            _seen[key] = new Observation(heartbeat?.Counter, now, TimeSpan.Zero);
            return null;
        }

        var step = time.GetElapsedTime(before.At, now);
        var most = staleAfter / LooksAtLeast;
        var still = before.Still + (step < most ? step : most);
        _seen[key] = before with { At = now, Still = still };
        return still < staleAfter
            ? null
            : new Death(
                FailureCause.Killed,
                $"the worker ({process?.Describe() ?? "its claim can't be read"}) gave no sign of life for {staleAfter.TotalSeconds:0} s");
    }

    /// <summary>Drops what was seen of a run.</summary>
    public void Forget(RunId run, int attempt) => _seen.Remove((run, attempt));

    private readonly record struct Observation(long? Counter, long At, TimeSpan Still);
}

/// <summary>Why an attempt counts as dead.</summary>
/// <param name="Cause">Which budget it uses.</param>
/// <param name="Message">For people.</param>
/// <param name="Together">Runs that its process trained at the same time, this one included; null if it was alone, or that isn't known.</param>
internal sealed record Death(FailureCause Cause, string Message, int? Together = null);
