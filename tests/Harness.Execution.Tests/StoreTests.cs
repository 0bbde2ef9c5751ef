using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Status;
using Harness.Execution.Store;
using Harness.Execution.Synthetic;
using Harness.Execution.Tests.Faults;
using Harness.Execution.Workers;

namespace Harness.Execution.Tests;

public class StoreTests
{
    [Fact]
    public void A_store_of_a_newer_version_is_refused_with_both_versions()
    {
        using var folder = new TemporaryFolder();
        RunStore.Create(folder["sweep"], "sweep", "x: 1\n"u8, [Some.Run()]);
        var path = folder["sweep/plan.json"];
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"format_version\": 1", "\"format_version\": 2", StringComparison.Ordinal));

        var opening = Assert.Throws<StoreException>(() => RunStore.Open(folder["sweep"]));
        var creating = Assert.Throws<StoreException>(() => RunStore.Create(folder["sweep"], "sweep", "x: 1\n"u8, [Some.Run()]));

        Assert.Contains("format 2; this one reads 1", opening.Message, StringComparison.Ordinal);
        Assert.Contains("format 2; this one reads 1", creating.Message, StringComparison.Ordinal);
        Assert.Contains("\"format_version\": 2", File.ReadAllText(path), StringComparison.Ordinal);
    }

    /// <summary>A store as version 1 wrote it, with a finished run, an interrupted one and one that nobody began; whatever this program becomes, it must read that.</summary>
    [Fact]
    public void A_store_of_the_first_version_opens()
    {
        var store = RunStore.Open(Path.Combine(AppContext.BaseDirectory, "Stores", "v1"));
        var standings = new StatusReader(store, new()).Read().ToList();
        Assert.Equal([RunState.Done, RunState.Interrupted, RunState.Queued], standings.Select(s => s.State));
        Assert.Equal(FailureCause.Preempted, standings[1].Cause);
        var run = Assert.Single(store.Completed());
        Assert.Equal(20, run.Result.Steps);
        Assert.Equal(run.Result.ValidationLoss, store.Curves().Last().Row.ValidationLoss);
        Assert.Equal(20, store.Curves().Count());
    }

    [Fact]
    public void A_run_whose_folder_may_not_be_read_fails_alone_and_comes_back_with_the_permission()
    {
        using var folder = new TemporaryFolder();
        var runs = Some.Runs(2);
        var (disk, barred) = (new MemoryFiles(), runs[0].Id.Value);
        var barring = BarredFiles.Over(disk, barred);
        var store = StoreFoundation.Lay(barring, ProcessIdentity.Current, "/sweep", "sweep", "x: 1\n"u8, runs);

        Assert.Equal(WorkerEnd.NothingLeft, Worker.Run(store, new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings() }, default));

        var standings = new StatusReader(store, new()).Read().ToList();
        Assert.Equal([RunState.Failed, RunState.Done], standings.Select(s => s.State));
        Assert.Contains("permission", standings[0].Message, StringComparison.Ordinal);
        var open = RunStore.Open(disk, "/sweep");
        Worker.Run(open, new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings() }, default);
        Assert.Equal(2, open.Completed().Count());
    }

    [Fact]
    public void A_damaged_plan_is_written_anew_and_what_earlier_plans_left_behind_is_still_known()
    {
        using var folder = new TemporaryFolder();
        var (first, second) = (Some.Runs(3), Some.Runs(1));
        RunStore.Create(folder["sweep"], "sweep", "x: 1\n"u8, first);
        Worker.Run(RunStore.Open(folder["sweep"]), new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings() }, default);
        RunStore.Create(folder["sweep"], "sweep", "x: 2\n"u8, second);
        Assert.Equal(first.Select(r => r.Id).ToHashSet(), RunStore.Survey(folder["sweep"])!.Runs.Select(r => r.Id).ToHashSet());

        File.WriteAllText(folder["sweep/plan.json"], "{");
        Assert.Contains("Run the sweep's YAML again", Assert.Throws<StoreException>(() => RunStore.Open(folder["sweep"])).Message, StringComparison.Ordinal);
        Assert.Equal(3, new StatusReader(RunStore.Survey(folder["sweep"])!, new()).Read().Count(s => s.State == RunState.Done));
        Assert.Equal(3, RunStore.Create(folder["sweep"], "sweep", "x: 1\n"u8, first).Completed().Count());
        Assert.Null(RunStore.Survey(folder["nothing"]));
    }

    [Fact]
    public void A_moved_store_opens_and_goes_on()
    {
        using var folder = new TemporaryFolder();
        var store = RunStore.Create(folder["here"], "sweep", "x: 1\n"u8, Some.Runs(2));
        using (var stop = new CancellationTokenSource())
        {
            Worker.Run(store, new StoppingTrainer(stop, 7), new WorkerOptions { Settings = Some.Settings(5) }, stop.Token);
        }

        Directory.Move(folder["here"], folder["there"]);
        var moved = RunStore.Open(folder["there"]);
        Worker.Run(moved, new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings(5) }, default);

        Assert.Equal([2, 1], moved.Completed().Select(c => c.Attempts));
        Assert.False(Directory.Exists(folder["here"]));
    }

    [Fact]
    public void An_edited_sweep_trains_only_what_is_new_and_says_why()
    {
        using var folder = new TemporaryFolder();
        var (kept, dropped, changed) = (Some.Run(1), Some.Run(2), Some.Run(3));
        var store = RunStore.Create(folder["sweep"], "sweep", "x: 1\n"u8, [kept, dropped, changed]);
        Worker.Run(store, new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings() }, default);
        var spec = changed.Spec with { Training = changed.Spec.Training with { PeakLearningRate = 1e-3 } };
        var after = new PlannedRun { Id = RunId.Of(spec), Name = changed.Name, Spec = spec };
        var added = Some.Run(4);

        var edited = RunStore.Create(folder["sweep"], "sweep", "x: 2\n"u8, [kept, after, added]);
        var written = File.GetLastWriteTimeUtc(folder[$"sweep/runs/{kept.Id}/result.json"]);
        Worker.Run(edited, new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings() }, default);
        Assert.Equal(written, File.GetLastWriteTimeUtc(folder[$"sweep/runs/{kept.Id}/result.json"]));
        Assert.Equal(3, edited.Completed().Count());
        Assert.True(File.Exists(folder[$"sweep/runs/{dropped.Id}/result.json"]));
    }

    [Fact]
    public void Links_planted_in_a_runs_folder_are_not_followed()
    {
        using var folder = new TemporaryFolder();
        var (first, second) = (Some.Run(1), Some.Run(2));
        var store = RunStore.Create(folder["sweep"], "sweep", "x: 1\n"u8, [first, second]);
        Directory.CreateDirectory(folder["outside"]);
        Directory.CreateDirectory(folder[$"sweep/runs/{second.Id}"]);
        Directory.CreateSymbolicLink(folder[$"sweep/runs/{first.Id}"], folder["outside"]);
        Directory.CreateSymbolicLink(folder[$"sweep/runs/{second.Id}/attempt-1"], folder["outside"]);
        File.CreateSymbolicLink(folder[$"sweep/runs/{second.Id}/spec.json"], folder["outside/spec.json"]);

        Worker.Run(store, new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings() }, default);

        var standings = new StatusReader(store, new()).Read().ToList();
        Assert.Equal([RunState.Failed, RunState.Done], standings.Select(s => s.State));
        Assert.Contains($"{folder[$"sweep/runs/{first.Id}"]}: a symbolic link", standings[0].Message, StringComparison.Ordinal);
        Assert.Contains("Remove it", standings[0].Message, StringComparison.Ordinal);
        Assert.Equal(0, store.RetryFailed(new()));
        File.Delete(folder[$"sweep/runs/{first.Id}"]);
        Worker.Run(store, new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings() }, default);
        Assert.Equal(2, store.Completed().Count());
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder["outside"]));
    }

    [Fact]
    public void Nothing_of_the_environment_but_the_allowed_variables_is_stored()
    {
        using var folder = new TemporaryFolder();
        Environment.SetEnvironmentVariable("HARNESS_TEST_SECRET_TOKEN", "hunter2-never-stored");
        Environment.SetEnvironmentVariable("OMP_NUM_THREADS", "1");
        var run = Some.Run();
        var store = RunStore.Create(folder["sweep"], "sweep", "x: 1\n"u8, [run]);
        Worker.Run(store, new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings() }, default);

        Assert.Contains("OMP_NUM_THREADS", File.ReadAllText(folder[$"sweep/runs/{run.Id}/attempt-1/environment.json"]), StringComparison.Ordinal);
        Assert.All(
            Directory.EnumerateFiles(folder["sweep"], "*", SearchOption.AllDirectories),
            f => Assert.DoesNotContain("hunter2", File.ReadAllText(f), StringComparison.Ordinal));
    }

    [Fact]
    public void A_reused_process_id_is_not_mistaken_for_the_worker()
    {
        var me = ProcessIdentity.Current;
        Assert.Equal(Liveness.Alive, me.Look());
        Assert.Equal(Liveness.Dead, (me with { StartTicks = me.StartTicks - 1 }).Look());
        Assert.Equal(me.Machine == "0" ? Liveness.Elsewhere : Liveness.Rebooted, (me with { Boot = "another" }).Look());
        Assert.Equal(Liveness.Elsewhere, (me with { Host = "another" }).Look());
        Assert.Equal(Liveness.Elsewhere, (me with { PidNamespace = "1" }).Look());
        Assert.Equal(me, ProcessIdentity.Parse(me.ToString()));
    }
}
