using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Status;
using Harness.Execution.Workers;

namespace Harness.Execution.Orchestration;

/// <summary>The workers of one orchestrator: a process in every slot while there is work, another one where one died, none where that is useless.</summary>
/// <param name="command">Starts a worker.</param>
/// <param name="options">Slots and limits.</param>
/// <param name="say">Takes news.</param>
internal sealed class Crew(WorkerCommand command, OrchestratorOptions options, Action<string> say) : IDisposable
{
    /// <summary>Between two workers of a slot where the first found nothing to do.</summary>
    private static readonly TimeSpan IdleFor = TimeSpan.FromSeconds(1);

    private readonly OutOfMemoryKills _memoryKills = OutOfMemoryKills.OfThisMachine();
    private readonly List<Slot> _slots = [.. options.Slots.Select(s => new Slot(s))];

    /// <summary>Live workers, and those that were not taken leave of.</summary>
    public int Count => _slots.Count(s => s.Worker is not null);

    /// <summary>Whether a worker of the last <see cref="Reap"/> ended because nothing was left for it.</summary>
    public bool FoundNothing { get; private set; }

    /// <summary>The worker that a claim names, if it is one of these.</summary>
    public WorkerProcess? Find(Claim? claim) => _slots.Find(s => s.Worker?.Identity is { } id && id == claim?.Process)?.Worker;

    /// <summary>Does something to every worker that lives.</summary>
    public void Each(Action<WorkerProcess> action)
    {
        foreach (var slot in _slots)
        {
            if (slot.Worker is { HasExited: false } worker)
            {
                action(worker);
            }
        }
    }

    /// <summary>Starts workers for the runs that wait for one.</summary>
    /// <param name="sightings">The runs as they are now.</param>
    /// <param name="elapsed">The orchestrator's time.</param>
    /// <exception cref="StoreException">No process can be started.</exception>
    public void Start(List<RunSighting> sightings, TimeSpan elapsed)
    {
        var busy = sightings.Select(l => l.Look?.Claim?.Process).Where(p => p is not null).ToHashSet();
        var idle = _slots.Count(s => s.Worker is { } worker && !busy.Contains(worker.Identity));
        var wanted = sightings.Count(l => l.Standing is { State: RunState.Queued or RunState.Interrupted, Waits: false }) - idle;
        foreach (var slot in _slots)
        {
            if (wanted > 0 && slot is { Worker: null, GivenUp: null } && elapsed >= slot.NotBefore)
            {
                slot.Worker = WorkerProcess.Start(command, slot.Place);
                wanted--;
            }
        }
    }

    /// <summary>Takes leave of workers that ended, and ends the attempts of those that could not. True if there were any.</summary>
    /// <param name="look">Looks at the runs.</param>
    /// <param name="fence">Ends attempts.</param>
    /// <param name="stopping">Whether the workers were asked to stop: then no death uses a run's budget.</param>
    /// <param name="elapsed">The orchestrator's time.</param>
    public bool Reap(Func<List<RunSighting>> look, AttemptFence fence, bool stopping, TimeSpan elapsed)
    {
        _memoryKills.Observe(elapsed);
        FoundNothing = false;
        var ended = _slots.Where(s => s.Worker is { HasExited: true }).ToList();
        if (ended.Count == 0)
        {
            return false;
        }

        var sightings = look();
        foreach (var slot in ended)
        {
            using var worker = slot.Worker!;
            var death = worker.Death(() => _memoryKills.Explain(elapsed));
            var itsRun = stopping ? new Death(FailureCause.Preempted, "stopped before it could save") : death.ForItsRun();
            var its = sightings.FindAll(s => s.Look is { Open: not null, Claim: { } claim } && claim.Process == worker.Identity);
            foreach (var (_, seen) in its)
            {
                worker.TookARun = true;
                fence.End(seen!.Open!, seen.Claim, itsRun with { Together = its.Count > 1 ? its.Count : null });
            }

            slot.Worker = null;
            if (death.ExitCode == (int)WorkerEnd.NothingLeft)
            {
                FoundNothing = true;
                slot.NotBefore = worker.TookARun ? elapsed : elapsed + IdleFor; // it may have looked a moment too early; not again and again
            }
            else if (!stopping)
            {
                Judge(slot, worker, death, elapsed);
            }
        }

        return true;
    }

    /// <summary>Why no run can go on although some have no result; null while there is hope.</summary>
    public string? WhyNothingCanGoOn(List<RunSighting> sightings) =>
        _slots.All(s => s.GivenUp is not null && s.Worker is null) && sightings.All(l => l.Standing.State != RunState.Running)
            ? string.Join("; ", _slots.Select(s => s.GivenUp).Distinct())
            : null;

    /// <summary>Kills whoever is left.</summary>
    public void Dispose()
    {
        foreach (var slot in _slots)
        {
            slot.Worker?.Kill();
            slot.Worker?.Dispose();
        }
    }

    /// <summary>Decides whether a slot gets another worker, and when.</summary>
    private void Judge(Slot slot, WorkerProcess worker, WorkerDeath death, TimeSpan elapsed)
    {
        var place = $"worker {slot.Place.Index} ({slot.Place.Device}, process {worker.Pid})";
        switch ((WorkerEnd)death.ExitCode)
        {
            case WorkerEnd.DeviceFault:
                foreach (var other in _slots.Where(s => s.Place.Device == slot.Place.Device))
                {
                    other.GivenUp = $"device {slot.Place.Device} failed and is set aside";
                    other.Worker?.AskToStop();
                }

                say($"device {slot.Place.Device} failed and is set aside; its runs go elsewhere");
                return;
            case WorkerEnd.BadInput:
                slot.GivenUp = $"{place} could not work: {death.LastWords}";
                say(slot.GivenUp);
                return;
            case WorkerEnd.OutOfMemory:
                say($"{place} ran out of memory; its run goes on with half the runs beside it, or alone with half the micro-batch");
                worker.TookARun = true; // it ended its attempt itself, which may be sooner than anyone looked: such a worker is not stillborn
                break;
            default:
                say($"{place} {death.Describe()}");
                break;
        }

        slot.Stillborn = worker.TookARun ? 0 : slot.Stillborn + 1;
        slot.NotBefore = elapsed + TimeSpan.FromSeconds(worker.TookARun ? 0 : Math.Pow(2, slot.Stillborn - 1) / 2);
        if (slot.Stillborn >= options.StillbornLimit)
        {
            slot.GivenUp = $"{place} {death.Describe()}, {slot.Stillborn} times before it took a run";
        }
    }
}
