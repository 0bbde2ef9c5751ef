using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Status;

namespace Harness.Execution.Tests.Chaos;

/// <summary>What people do to a sweep that runs.</summary>
public class OperatorTests
{
    private static readonly (string, int)[] Fast =
        [("HEARTBEAT", 50), ("SNAPSHOT", 50), ("CHECKPOINT_STEPS", 3), ("LOOK_AGAIN", 50), ("GATE_STEP", 8)];

    [Fact]
    public void A_runs_folder_that_is_removed_while_it_is_trained_is_trained_anew_and_nothing_else_notices()
    {
        using var folder = new TemporaryFolder();
        var sweep = new Sweep(folder["sweep"], Some.Runs(2));
        using var orchestrator = HostProcess.Orchestrator(sweep.Folder, slots: 2, Fast);
        Assert.True(KillTests.WaitFor(() => sweep.Standings().TrueForAll(s => s.Progress?.Step == 8), TimeSpan.FromSeconds(180)), orchestrator.Output);

        Directory.Delete(sweep.Store.FolderOf(sweep.Store.Runs[0].Id).Path, recursive: true);
        sweep.OpenGate();

        Assert.True(orchestrator.WaitForExit() == 0, orchestrator.Output);
        sweep.AssertAsUndisturbed();
        Assert.Equal([1, 1], sweep.Standings().Select(s => s.Attempts));
    }

    [Fact]
    public void An_attempts_folder_that_is_removed_costs_that_attempt()
    {
        using var folder = new TemporaryFolder();
        var sweep = new Sweep(folder["sweep"], Some.Runs(1));
        using var orchestrator = HostProcess.Orchestrator(sweep.Folder, slots: 2, Fast);
        Assert.True(KillTests.WaitFor(() => sweep.Standings()[0].Progress?.Step == 8, TimeSpan.FromSeconds(180)), orchestrator.Output);

        Directory.Delete(sweep.Store.FolderOf(sweep.Store.Runs[0].Id).AttemptPath(1), recursive: true);
        sweep.OpenGate();

        Assert.True(orchestrator.WaitForExit() == 0, orchestrator.Output);
        sweep.AssertAsUndisturbed();
    }

    [Fact]
    public void A_link_planted_in_a_runs_place_fails_that_run_alone_with_a_message_that_says_what_to_do()
    {
        using var folder = new TemporaryFolder();
        var sweep = new Sweep(folder["sweep"], Some.Runs(3));
        Directory.CreateDirectory(folder["outside"]);
        var planted = sweep.Store.FolderOf(sweep.Store.Runs[1].Id).Path;
        Directory.CreateSymbolicLink(planted, folder["outside"]);
        using var orchestrator = HostProcess.Orchestrator(sweep.Folder, slots: 2, [.. Fast, ("GATE_STEP", 0)]);

        Assert.Equal((int)ExitCode.SomeFailed, orchestrator.WaitForExit());

        Assert.Equal([RunState.Done, RunState.Failed, RunState.Done], sweep.Standings().Select(s => s.State));
        Assert.Equal(FailureCause.UserError, sweep.Standings()[1].Cause);
        Assert.Contains($"{planted}: a symbolic link", orchestrator.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder["outside"]));
        File.Delete(planted);
        using var again = HostProcess.Orchestrator(sweep.Folder, slots: 2);
        Assert.True(again.WaitForExit() == 0, again.Output);
        sweep.AssertAsUndisturbed();
    }

    [FactWithMemoryGroup]
    public void A_worker_that_the_kernel_kills_for_memory_counts_as_out_of_memory_and_one_that_is_killed_does_not()
    {
        using var folder = new TemporaryFolder();
        using var group = MemoryGroup.Of(limit: 400_000_000);
        var sweep = new Sweep(folder["sweep"], Some.Runs(2));
        using var orchestrator = HostProcess.Orchestrator(sweep.Folder, slots: 2, "1=hog", Fast);
        group.Add(orchestrator.Pid);
        Assert.True(KillTests.WaitFor(() => sweep.Standings().TrueForAll(s => s.Progress?.Step == 8), TimeSpan.FromSeconds(60)), orchestrator.Output);
        var second = RunLook.At(sweep.Store.Files, sweep.Store.FolderOf(sweep.Store.Runs[1].Id));
        Files.Posix.Kill(ProcessIdentity.Parse(second.Claim!.Process)!.Pid, 9);
        sweep.OpenGate();

        Assert.True(orchestrator.WaitForExit() == 0, orchestrator.Output);

        // Run 1: 16 sequences, then the whole batch is halved until the hog is content with 4.
        var causes = sweep.Store.Runs.Select(r => RunLookAtOutcomes(sweep, r)).ToList();
        Assert.Equal([FailureCause.OutOfMemory, FailureCause.OutOfMemory], causes[0]);
        Assert.Equal([FailureCause.Killed], causes[1]);
        Assert.Contains("killed by the kernel because the machine ran out of memory", orchestrator.Output, StringComparison.Ordinal);
        sweep.AssertAsUndisturbed();
    }

    private static List<FailureCause> RunLookAtOutcomes(Sweep sweep, PlannedRun run)
    {
        var folder = sweep.Store.FolderOf(run.Id);
        return [.. folder.List().Attempts.Select(a => folder.Attempt(a).ReadOutcome().Content?.Cause).OfType<FailureCause>()];
    }
}
