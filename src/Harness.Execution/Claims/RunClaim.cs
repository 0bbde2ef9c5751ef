using Harness.Core;
using Harness.Core.Runs;
using Harness.Execution.Attempts;
using Harness.Execution.Files;
using Harness.Execution.Store;
using Harness.Execution.Trunks;
using Harness.Execution.Workers;

namespace Harness.Execution.Claims;

/// <summary>Claims one attempt at a run by moving a prepared folder to its number: one worker wins, whatever the others saw.</summary>
internal sealed class RunClaim(RunStore store, WorkerScratch scratch, ClaimTerms terms, AttemptFence fence, TimeProvider time)
{
    private readonly IFileLayer _files = store.Files;

    /// <summary>The claim, or null if another worker was faster.</summary>
    /// <exception cref="StoreException">The plan's id isn't the spec's.</exception>
    public ClaimedRun? TryMake(PlannedRun run, RunFolder folder, RunLook look, Verdict verdict, BranchStart start)
    {
        if (RunId.Of(run.Spec) != run.Id)
        {
            throw new StoreException($"{store.PlanPath}: run {run.Name} has the id {run.Id}, but its spec has {RunId.Of(run.Spec)}. Plan the sweep again.");
        }

        folder.Make();
        WriteSpec(run, folder);
        var claim = new Claim
        {
            Attempt = look.NextAttempt,
            Process = terms.Process.ToString(),
            Token = Guid.NewGuid().ToString("N"),
            Device = terms.Device,
            MicroBatchSequences = verdict.MicroBatchSequences,
            Orchestrator = terms.Orchestrator,
            FromTheStart = start.FromTheStart,
            ClaimedAt = time.GetUtcNow(),
        };
        var prepared = new AttemptFolder(_files, scratch.NewName(), claim.Attempt);
        var own = folder.Attempt(claim.Attempt);
        AttemptLog? log = null;
        var claimed = false;
        try
        {
            log = Prepare(prepared, run, claim);
            claimed = _files.TryMoveFolder(prepared.Path, own.Path) || own.ReadClaim().Content?.Token == claim.Token;
            if (claimed)
            {
                _files.SyncFolder(folder.Path);
            }
        }
        catch (IOException e) when (claimed)
        {
            // Claimed but not for sure durable: given up at once, instead of standing open until it looks dead.
            log?.Dispose();
            fence.End(own, claim, new Death(FailureCause.Killed, e.Message));
            throw;
        }
        finally
        {
            if (!claimed)
            {
                log?.Dispose();
                _files.DeleteFolder(prepared.Path);
            }
        }

        return claimed ? new ClaimedRun(run, folder, own, look.Attempts, claim, verdict.BannedSteps, start, verdict.MostTogether, log) : null;
    }

    /// <summary>Fills the folder that becomes the attempt: its claim, a first heartbeat, a log with a line in it, the surroundings.</summary>
    private AttemptLog Prepare(AttemptFolder prepared, PlannedRun run, Claim claim)
    {
        _files.MakeFolder(prepared.Path);
        _files.MakeFolder(prepared.CheckpointsPath);
        using (var stream = _files.CreateNew(prepared.ClaimPath))
        {
            stream.Write(SealedJson.Seal(claim, ExecutionJson.Default.Claim));
            _files.Sync(stream);
        }

        using (var stream = _files.CreateNew(prepared.HeartbeatPath))
        {
            stream.Write(new Heartbeat(0, null, null).Format());
        }

        using (var stream = _files.CreateNew(prepared.EnvironmentPath))
        {
            stream.Write(EnvironmentRecord.ToJson(terms.Facts));
        }

        var log = new AttemptLog(_files, prepared.LogPath, time);
        try
        {
            log.Write($"attempt {claim.Attempt} at run {run.Id} ({run.Name}) by {terms.Process.Describe()} on {claim.Device}");
            if (claim.FromTheStart is { } why)
            {
                log.Write($"trained from the start: {why}");
            }

            _files.SyncFolder(prepared.Path);
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    private void WriteSpec(PlannedRun run, RunFolder folder)
    {
        if (_files.KindOf(folder.SpecPath) != EntryKind.Missing)
        {
            return;
        }

        var temporary = scratch.NewName();
        using (var stream = _files.CreateNew(temporary))
        {
            stream.Write(SealedJson.Seal(run, CoreJson.Default.PlannedRun));
            _files.Sync(stream);
        }

        _files.TryLink(temporary, folder.SpecPath);
        _files.Delete(temporary);
    }
}
