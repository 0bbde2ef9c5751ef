using Harness.Core.Runs;
using Harness.Execution.Status;
using Harness.Execution.Workers;

namespace Harness.Execution.Tests.Chaos;

/// <summary>Every failure has a name, a log and a budget of its own.</summary>
public class FailureTests
{
    private static readonly (string, int)[] Fast = [("HEARTBEAT", 100), ("SNAPSHOT", 50), ("CHECKPOINT_STEPS", 1000), ("LOOK_AGAIN", 50)];

    [Fact]
    public void Every_failure_has_its_name_its_log_and_its_budget_and_the_others_finish()
    {
        using var folder = new TemporaryFolder();
        var sweep = new Sweep(folder["sweep"], Some.Runs(6));
        (string, int)[] settings = [.. Fast, ("KILLED_BUDGET", 1)];
        using var orchestrator = HostProcess.Orchestrator(sweep.Folder, 1, "1=bug,2=user,3=oom,4=alwaysoom,5=die", settings);

        Assert.Equal((int)ExitCode.SomeFailed, orchestrator.WaitForExit());

        var s = sweep.Standings();
        Assert.Equal((RunState.Failed, FailureCause.Bug, 1), (s[0].State, s[0].Cause!.Value, s[0].Attempts));
        Assert.Equal((RunState.Failed, FailureCause.UserError, 1), (s[1].State, s[1].Cause!.Value, s[1].Attempts));
        Assert.Equal((RunState.Done, 4), (s[2].State, s[2].Attempts)); // 16 sequences a step: all, 8, 4, 2
        Assert.Equal((RunState.Failed, FailureCause.OutOfMemory, 4), (s[3].State, s[3].Cause!.Value, s[3].Attempts));
        Assert.True(s[5].State == RunState.Done, orchestrator.Output);
        Assert.Equal(2, s[4].Attempts);
        Assert.All(s, x => Assert.True(new FileInfo(x.LogPath!).Length > 0));
        Assert.Contains("a defect", s[0].Message, StringComparison.Ordinal);
        Assert.Contains("a crash", s[4].Message, StringComparison.Ordinal);
        Assert.Contains(s[0].LogPath!, orchestrator.Output, StringComparison.Ordinal);

        Assert.Equal(4, sweep.Store.RetryFailed(new() { Killed = 1 }));
        using var again = HostProcess.Orchestrator(sweep.Folder, 2, settings);
        Assert.True(again.WaitForExit() == 0, again.Output);
    }

    [Fact]
    public void A_device_that_failed_is_set_aside_and_its_run_goes_elsewhere()
    {
        using var folder = new TemporaryFolder();
        var sweep = new Sweep(folder["sweep"], Some.Runs(3));
        (string, int)[] settings = [.. Fast, ("DEVICE_PER_SLOT", 1), ("GATE_STEP", 1)];
        using var orchestrator = HostProcess.Orchestrator(sweep.Folder, 2, "1=device,2=device,3=device", settings);
        Assert.True(KillTests.WaitFor(() => orchestrator.Output.Contains("set aside", StringComparison.Ordinal), TimeSpan.FromSeconds(180)), orchestrator.Output);
        sweep.OpenGate();

        Assert.True(orchestrator.WaitForExit() == 0, orchestrator.Output);
        Assert.Contains("device cuda:0 failed and is set aside", orchestrator.Output, StringComparison.Ordinal);
        sweep.AssertAsUndisturbed();
        Assert.All(sweep.Store.Completed(), c => Assert.Equal("cuda:1", c.Result.Device));
    }

    [Fact]
    public void A_checkpoint_that_kills_its_loader_twice_gives_way_to_the_one_before_it()
    {
        using var folder = new TemporaryFolder();
        var sweep = Interrupted(folder["sweep"], out var older, out var newest);
        using var orchestrator = HostProcess.Orchestrator(sweep.Folder, 1, $"1=load{newest}", Fast);

        Assert.True(orchestrator.WaitForExit() == 0, orchestrator.Output);

        Assert.Equal(4, sweep.Standings()[0].Attempts); // stopped, killed, killed, done
        var log = File.ReadAllText(sweep.Standings()[0].LogPath!);
        Assert.Contains($"checkpoint of step {newest} killed its loader twice and is passed over", log, StringComparison.Ordinal);
        Assert.Contains($"goes on after step {older}", log, StringComparison.Ordinal);
        sweep.AssertAsUndisturbed();
    }

    [Fact]
    public void Where_every_checkpoint_kills_its_loader_the_run_fails_and_never_starts_over()
    {
        using var folder = new TemporaryFolder();
        var sweep = Interrupted(folder["sweep"], out _, out _);
        using var orchestrator = HostProcess.Orchestrator(sweep.Folder, 1, "1=load", [.. Fast, ("KILLED_BUDGET", 5)]);

        Assert.Equal((int)ExitCode.SomeFailed, orchestrator.WaitForExit());

        var standing = new StatusReader(sweep.Store, new() { Killed = 5 }).Read().Single();
        Assert.Equal((RunState.Failed, FailureCause.Killed, 7), (standing.State, standing.Cause!.Value, standing.Attempts));
        foreach (var log in Directory.GetFiles(sweep.Folder, "log.jsonl", SearchOption.AllDirectories).Where(l => !l.Contains("attempt-1", StringComparison.Ordinal)))
        {
            Assert.DoesNotContain("training from the start", File.ReadAllText(log), StringComparison.Ordinal);
        }

        Assert.Equal(2, Directory.GetFiles(sweep.Folder, "state.safetensors", SearchOption.AllDirectories).Length); // for whoever wants to look
    }

    /// <summary>A sweep of one run that was stopped and left two checkpoints.</summary>
    private static Sweep Interrupted(string folder, out long older, out long newest)
    {
        var sweep = new Sweep(folder, Some.Runs(1));
        using var stop = new CancellationTokenSource();
        Worker.Run(sweep.Store, new StoppingTrainer(stop, after: 13), new WorkerOptions { Settings = Some.Settings(5) }, stop.Token);
        var steps = Directory.GetDirectories(folder, "step-*", SearchOption.AllDirectories)
            .Select(d => long.Parse(Path.GetFileName(d)[5..], System.Globalization.CultureInfo.InvariantCulture)).Order().ToList();
        (older, newest) = (steps[0], steps[1]);
        return sweep;
    }
}
