using Harness.Core.Runs;
using Harness.Execution.Attempts;
using Harness.Execution.Claims;
using Harness.Execution.Status;
using Harness.Execution.Store;

namespace Harness.Execution.Orchestration;

/// <summary>What the dead left behind, here or elsewhere, and what the living say of themselves.</summary>
internal sealed class DeadAttempts(RunStore store, OwnerWatch watch, Action<string> tell)
{
    private readonly HashSet<RunId> _remarked = [];

    /// <summary>Ends attempts whose worker is gone, here or elsewhere, publishes what one finished at its last breath, and kills a worker of ours that is stuck.</summary>
    public void End(List<RunSighting> looks, Crew crew, AttemptFence fence)
    {
        foreach (var (standing, look) in looks)
        {
            if (standing is { State: RunState.Running, Remark: { } remark } && _remarked.Add(standing.Run.Id))
            {
                tell($"{standing.Run.Name} is {remark}");
            }

            if (look?.Unpublished is { } finished && look.ResultDamage is null)
            {
                Publish(standing, finished);
            }

            if (look?.Open is not { } open)
            {
                continue;
            }

            var ours = crew.Find(look.Claim);
            if (ours is not null)
            {
                ours.TookARun = true;
            }

            if (ours is { HasExited: true } || watch.WhyDead(standing.Run.Id, open.Number, look.Claim, look.Heartbeat) is not { } death)
            {
                continue;
            }

            if (ours is not null)
            {
                tell($"worker {ours.Slot.Index} (process {ours.Pid}) is stuck and is killed: {death.Message}");
                ours.Kill();
            }
            else
            {
                fence.End(open, look.Claim, death);
            }

            watch.Forget(standing.Run.Id, open.Number);
        }
    }

    private void Publish(RunStanding standing, AttemptFolder finished)
    {
        try
        {
            AttemptEnding.Publish(store.Files, store.FolderOf(standing.Run.Id), finished);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The result counts without its second name; the next look tries again.
        }
    }
}
