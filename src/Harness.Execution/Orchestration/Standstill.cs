using Harness.Execution.Files;
using Harness.Execution.Status;
using Harness.Execution.Store;

namespace Harness.Execution.Orchestration;

/// <summary>Why a sweep with runs that wait doesn't move.</summary>
internal sealed class Standstill(RunStore store)
{
    /// <summary>Bytes below which no run is begun: claim, logs and the first rows.</summary>
    private const long LeastRoom = 100_000;

    /// <summary>Workers go by the plan on the disk, which another start may have replaced; then some of this start's runs are nobody's business.</summary>
    public string? WhyWorkersFindNothing(List<RunSighting> looks)
    {
        var waiting = looks.Where(l => l.Standing.State is RunState.Queued or RunState.Interrupted).Select(l => l.Standing.Run.Id).ToList();
        if (waiting.Count == 0 || looks.Exists(l => l.Standing.State == RunState.Running))
        {
            return null;
        }

        var planned = PlanFile.Read(store.Files, store.PlanPath).Content?.Planned.Select(r => r.Id).ToHashSet();
        return planned is not null && waiting.Exists(id => !planned.Contains(id))
            ? $"{store.PlanPath}: another start gave the sweep a new plan, and {waiting.Count(id => !planned.Contains(id))} runs that wait here are not in it. Start again with the sweep that you mean; finished runs are kept"
            : null;
    }

    /// <summary>Why nothing moves although runs wait: a running run's note, or a disk too full to claim one.</summary>
    public string? WhyPaused(List<RunStanding> standings)
    {
        if (standings.Find(s => s is { State: RunState.Running, Message: not null })?.Message is { } note)
        {
            return note;
        }

        if (standings.Exists(s => s.State == RunState.Running) || standings.TrueForAll(s => s.IsFinal))
        {
            return null;
        }

        var free = store.Files.FreeBytes(store.Folder);
        return free < LeastRoom
            ? $"paused: disk full: {store.Folder} needs {DiskFull.Text(LeastRoom)} for a run to begin and has {DiskFull.Text(free)}; goes on by itself once there is room"
            : null;
    }
}
