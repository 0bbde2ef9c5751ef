using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Status;
using Harness.Execution.Store;
using Harness.Execution.Synthetic;
using Harness.Execution.Workers;

namespace Harness.Execution.Tests.Trunks;

public class TrunkTests
{
    [Fact]
    public void Branches_end_with_the_bits_and_rows_of_runs_trained_alone_and_train_only_their_cooldowns()
    {
        using var folder = new TemporaryFolder();
        var runs = Family.Of(seed: 3, 80, 40, 20);
        var shared = Store(folder["shared"], runs);
        var counting = new CountingTrainer();
        Work(shared, counting);
        var alone = Alone(folder["alone"], runs);

        Assert.Equal(alone.Completed().Select(c => c.Result), shared.Completed().Select(c => c.Result with { Inherited = null }));
        Assert.Equal(alone.Curves().Select(c => c.Row), shared.Curves().Select(c => c.Row));
        Assert.Equal([null, new Inheritance(runs[0].Id, 30, 0, null, null), new Inheritance(runs[0].Id, 15, 0, null, null)], shared.Completed().Select(c => c.Result.Inherited));
        Assert.Equal(80 + 10 + 5, counting.Steps); // of 140: the cooldowns of 40 and 20 steps are a quarter each
        Assert.All(shared.Completed(), c => Assert.Equal(1, c.Attempts));
    }

    [Fact]
    public void Trunks_may_be_trained_as_one_stack_and_so_may_their_branches()
    {
        using var folder = new TemporaryFolder();
        IReadOnlyList<PlannedRun> runs = [.. Family.Of(seed: 1, 80, 40), .. Family.Of(seed: 2, 80, 40), .. Family.Of(seed: 3, 80, 40)];
        var shared = Store(folder["shared"], runs);
        Worker.Run(shared, new SyntheticStacks(), Options(1) with { Settings = Some.Settings(5) with { Stack = new StackChoice(3, IsAuto: false) } }, default);
        var alone = Alone(folder["alone"], runs);

        Assert.All(shared.Completed(), c => Assert.Equal(3, c.Result.Stack));
        Assert.Equal([null, 30, null, 30, null, 30], shared.Completed().Select(c => c.Result.Inherited?.Step));
        Assert.Equal(alone.Completed().Select(c => c.Result with { RunsAtOnce = null }), shared.Completed().Select(c => c.Result with { Inherited = null, Stack = null, RunsAtOnce = null }));
        Assert.Equal(alone.Curves().Select(c => (c.Run.Id, c.Row)), shared.Curves().Select(c => (c.Run.Id, c.Row)));
    }

    [Fact]
    public void The_checkpoints_of_a_trunk_are_gone_when_its_branches_are_done()
    {
        using var folder = new TemporaryFolder();
        var runs = Family.Of(seed: 3, 80, 40, 20);
        var store = Store(folder["sweep"], runs);
        Work(store, new SyntheticTrainer());

        // Checkpoints were saved after every 5 steps; the newest of 80 is that of step 75.
        Assert.Equal(["step-0000000075"], Checkpoints(store, runs[0]));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder["sweep"], "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_branch_is_begun_while_its_trunk_goes_on()
    {
        using var folder = new TemporaryFolder();
        var runs = Family.Of(seed: 3, 80, 40, 20);
        var store = Store(folder["sweep"], runs);
        List<string> seen = [];
        void At(long step)
        {
            // The trunk's row of this step is being written: another worker looks for work meanwhile.
            if (step is 14 or 16 or 31)
            {
                var end = Work(store, new SyntheticTrainer(), process: 7);
                var standings = new StatusReader(store, new()).Read().ToList();
                seen.Add($"{step} {end}: {string.Join(", ", standings.Select(s => s.State))}; {string.Join(", ", standings.Where(s => s.Waits).Select(s => s.Remark))}");
            }
        }

        Work(store, new WatchedTrainer(runs[0].Id, At));

        Assert.Equal(
            [
                "14 NothingLeft: Running, Queued, Queued; waits for its trunk t80-s3 to reach step 30, waits for its trunk t80-s3 to reach step 15",
                "16 NothingLeft: Running, Queued, Done; waits for its trunk t80-s3 to reach step 30",
                "31 NothingLeft: Running, Done, Done; ",
            ],
            seen);
        Assert.Equal(Alone(folder["alone"], runs).Completed().Select(c => c.Result), store.Completed().Select(c => c.Result with { Inherited = null }));
        Assert.Equal(["step-0000000075"], Checkpoints(store, runs[0]));
    }

    [Theory]
    [InlineData("diverges", "its trunk t80-s3 diverged at step 25, before step 30")]
    [InlineData("fails", "its trunk t80-s3 failed before step 30: a defect")]
    [InlineData("damage", "the checkpoint of step 30 of its trunk t80-s3 is damaged")]
    [InlineData("loss", "its trunk t80-s3 ended without keeping a checkpoint of step 30")]
    public void Without_its_trunks_checkpoint_a_branch_is_trained_from_the_start_and_says_why(string what, string why)
    {
        using var folder = new TemporaryFolder();
        var runs = Family.Of(seed: 3, 80, 40, 20);
        var store = Store(folder["sweep"], runs);
        var snapshot = folder[$"sweep/runs/{runs[0].Id}/attempt-1/checkpoints/step-0000000030"];
        Work(store, new WatchedTrainer(runs[0].Id, step =>
        {
            switch (what)
            {
                case "diverges" when step == 25:
                    throw new DivergenceException();
                case "fails" when step == 25:
                    throw new InvalidOperationException("a defect");
                case "damage" when step == 80:
                    File.WriteAllText(Path.Combine(snapshot, "state.safetensors"), "other bytes");
                    break;
                case "loss" when step == 80:
                    Directory.Delete(snapshot, recursive: true);
                    break;
                default:
                    break;
            }
        }));

        var alone = Alone(folder["alone"], runs).Completed().ToDictionary(c => c.Run.Id, c => c.Result);
        var standings = new StatusReader(store, new()).Read().ToList();
        var branch = standings[1];
        Assert.Equal(RunState.Done, branch.State);
        Assert.Equal(alone[runs[1].Id], branch.Result); // the same bits, nothing inherited
        Assert.StartsWith("trained from the start: " + why, branch.Remark, StringComparison.Ordinal);
        Assert.Contains("trained from the start: " + why, File.ReadAllText(branch.LogPath!), StringComparison.Ordinal);
        Assert.Equal(15, standings[2].Result!.Inherited!.Step); // the trunk had got there
        Assert.Null(standings[2].Remark);
        Assert.Equal(alone[runs[2].Id], standings[2].Result! with { Inherited = null });
    }

    [Fact]
    public void A_branch_stopped_and_resumed_remembers_what_it_took_over()
    {
        using var folder = new TemporaryFolder();
        var runs = Family.Of(seed: 3, 80, 40);
        var store = Store(folder["sweep"], runs);
        using (var stop = new CancellationTokenSource())
        {
            Worker.Run(store, new WatchedTrainer(runs[1].Id, step => StopAt(step, 36, stop)), Options(1), stop.Token);
        }

        Assert.Equal([RunState.Done, RunState.Interrupted], new StatusReader(store, new()).Read().Select(s => s.State));
        Work(store, new SyntheticTrainer());

        var completed = store.Completed().ToList();
        Assert.Equal(2, completed[1].Attempts);
        Assert.Equal(30, completed[1].Result.Inherited!.Step);
        Assert.Equal(Alone(folder["alone"], runs).Curves().Select(c => c.Row), store.Curves().Select(c => c.Row));
    }

    [Fact]
    public void A_run_added_to_a_finished_sweep_does_not_wait_for_a_trunk_that_kept_nothing()
    {
        using var folder = new TemporaryFolder();
        var before = Store(folder["sweep"], Family.Of(seed: 3, 80, 20));
        Work(before, new SyntheticTrainer());
        var after = Store(folder["sweep"], Family.Of(seed: 3, 80, 40, 20));
        Work(after, new SyntheticTrainer());

        var standings = new StatusReader(after, new()).Read().ToList();
        Assert.All(standings, s => Assert.Equal(RunState.Done, s.State));
        Assert.Contains("without keeping a checkpoint of step 30", standings[1].Remark, StringComparison.Ordinal);
        Assert.Equal(15, standings[2].Result!.Inherited!.Step);
    }

    [Fact]
    public void A_trunk_whose_folder_cannot_be_used_holds_up_no_branch()
    {
        using var folder = new TemporaryFolder();
        var runs = Family.Of(seed: 3, 80, 40);
        var store = Store(folder["sweep"], runs);
        Directory.CreateDirectory(folder["outside"]);
        Directory.CreateSymbolicLink(folder[$"sweep/runs/{runs[0].Id}"], folder["outside"]);
        Work(store, new SyntheticTrainer());

        var standings = new StatusReader(store, new()).Read().ToList();
        Assert.Equal([RunState.Failed, RunState.Done], standings.Select(s => s.State));
        Assert.StartsWith("trained from the start: its trunk t80-s3 can't be trained", standings[1].Remark, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_that_kills_its_loader_twice_is_passed_over_for_the_start()
    {
        using var folder = new TemporaryFolder();
        var runs = Family.Of(seed: 3, 80, 40);
        var store = Store(folder["sweep"], runs);
        for (var process = 2; process <= 3; process++)
        {
            Assert.Throws<StoreException>(() => Work(store, new DyingLoader(runs[1].Id), process)); // leaves its claim behind, as the dead do
        }

        Work(store, new DyingLoader(runs[1].Id), process: 4);

        var branch = new StatusReader(store, new()).Read().Last();
        Assert.Equal(RunState.Done, branch.State);
        Assert.Null(branch.Result!.Inherited);
        Assert.Equal(3, branch.Attempts);
    }

    [Fact]
    public void A_plan_whose_branch_is_not_a_prefix_of_its_trunk_is_refused()
    {
        using var folder = new TemporaryFolder();
        var runs = Family.Of(seed: 3, 80, 40);
        Assert.Throws<ArgumentException>(() => Store(folder["a"], [runs[0], runs[1] with { Branch = runs[1].Branch! with { Step = 31 } }])); // inside the cooldown
        Assert.Throws<ArgumentException>(() => Store(folder["b"], [Family.Alone(4, 80), runs[1]])); // no such run
        var other = Family.Alone(4, 80);
        Assert.Throws<ArgumentException>(() => Store(folder["c"], [other, runs[1] with { Branch = new TrunkBranch(other.Id, 30) }])); // another seed
    }

    [Fact]
    public void The_plan_file_says_what_is_saved_and_opens_again()
    {
        using var folder = new TemporaryFolder();
        var runs = Family.Of(seed: 3, 80, 40, 20);
        Store(folder["sweep"], runs);
        var savings = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(folder["sweep/plan.json"]))!["content"]!["trunk_savings"]!;
        Assert.Equal((30 + 15) * 2048, (long)savings["tokens"]!);
        Assert.Equal(140 * 2048, (long)savings["tokens_alone"]!);
        Assert.Equal(runs.Select(r => r.Branch), RunStore.Open(folder["sweep"]).Runs.Select(r => r.Branch));
    }

    private static void StopAt(long step, long at, CancellationTokenSource stop)
    {
        if (step == at)
        {
            stop.Cancel();
        }
    }

    private static RunStore Store(string folder, IReadOnlyList<PlannedRun> runs) => RunStore.Create(folder, "sweep", "x: 1\n"u8, runs);

    private static RunStore Alone(string folder, IReadOnlyList<PlannedRun> runs)
    {
        var store = Store(folder, [.. runs.Select(r => r with { Branch = null })]);
        Work(store, new SyntheticTrainer());
        return store;
    }

    private static WorkerEnd Work(RunStore store, ITrainer trainer, int process = 1) => Worker.Run(store, trainer, Options(process), default);

    private static WorkerOptions Options(int process) => new()
    {
        Settings = Some.Settings(5),
        HeartbeatEvery = TimeSpan.FromHours(1),
        Process = process == 1 ? ProcessIdentity.Current : ProcessIdentity.Current with { Pid = 5_000_000 + process },
    };

    private static IEnumerable<string?> Checkpoints(RunStore store, PlannedRun run) =>
        Directory.EnumerateDirectories(Path.Combine(store.FolderOf(run.Id).Path, "attempt-1", "checkpoints")).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
