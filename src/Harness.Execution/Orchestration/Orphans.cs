using Harness.Execution.Claims;
using Harness.Execution.Files;
using Harness.Execution.Status;

namespace Harness.Execution.Orchestration;

/// <summary>
/// Workers of an orchestrator that died. They save their runs and end by themselves; until then their devices are not free. One that
/// outlasts the grace time is killed.
/// </summary>
/// <param name="grace">How long they get.</param>
/// <param name="say">Takes news.</param>
internal sealed class Orphans(TimeSpan grace, Action<string> say)
{
    private TimeSpan? _since;

    /// <summary>Whether one still works.</summary>
    /// <param name="sightings">The runs as they are now.</param>
    /// <param name="elapsed">The orchestrator's time.</param>
    public bool StillWork(List<RunSighting> sightings, TimeSpan elapsed)
    {
        var any = false;
        foreach (var (_, look) in sightings)
        {
            if (look?.Open is null
                || ProcessIdentity.Parse(look.Claim?.Process) is not { } process
                || process.Look() != Liveness.Alive
                || ProcessIdentity.Parse(look.Claim?.Orchestrator)?.Look() != Liveness.Dead)
            {
                continue;
            }

            any = true;
            if (_since is null)
            {
                _since = elapsed;
                say($"an earlier orchestrator died; waiting for its worker ({process.Describe()}) to save its run and end");
            }
            else if (elapsed - _since > grace)
            {
                Posix.Kill(process.Pid, 9);
            }
        }

        return any;
    }
}
