using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Status;
using Harness.Execution.Store;
using Harness.Execution.Synthetic;
using Harness.Execution.Workers;

namespace Harness.Execution.Tests;

/// <summary>Runs trained together: who is claimed with whom, what each keeps for itself, and what happens when one fails, or all.</summary>
public class StackTests
{
    [Fact]
    public void A_worker_claims_mates_of_the_same_shape_and_each_run_keeps_its_own_folder_rows_and_result()
    {
        using var folder = new TemporaryFolder();
        IReadOnlyList<PlannedRun> runs = [.. Some.Runs(6), Some.Run(7, width: 32), Some.Run(8, width: 32), Some.Run(9, steps: 30)];
        var store = RunStore.Create(folder["sweep"], "sweep", "a: 1\n"u8, runs);
        var trainer = new Recorder();

        var end = Worker.Run(store, trainer, Options(4), default);

        Assert.Equal(WorkerEnd.NothingLeft, end);
        Assert.Equal([4, 2, 2], trainer.Stacks.Select(s => s.Count)); // the run of 30 steps alone
        Assert.Equal(["d64-s9"], trainer.Alone);
        Assert.All(trainer.Stacks, s => Assert.Single(s.Select(StackShape.Of).Distinct()));
        var calm = RunStore.Create(folder["calm"], "sweep", "a: 1\n"u8, runs);
        Worker.Run(calm, new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings() }, default);
        Assert.Equal(calm.Completed().Select(c => c.Result with { RunsAtOnce = null }), store.Completed().Select(c => c.Result with { Stack = null, RunsAtOnce = null }));
        Assert.Equal(calm.Curves().Select(c => (c.Run.Id, c.Row)), store.Curves().Select(c => (c.Run.Id, c.Row)));
        Assert.Equal([4, 4, 4, 4, 2, 2, 2, 2, null], store.Completed().Select(c => c.Result.Stack));
        Assert.All(runs.Take(8), r => Assert.Contains("trained together with", File.ReadAllText(folder[$"sweep/runs/{r.Id}/attempt-1/log.jsonl"]), StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder["sweep/workers"]));
    }

    [Fact]
    public void Status_shows_who_trains_together_and_why()
    {
        using var folder = new TemporaryFolder();
        var store = RunStore.Create(folder["sweep"], "sweep", "a: 1\n"u8, Some.Runs(3));
        List<RunStanding> seen = [];
        Worker.Run(store, new Recorder { OnStack = _ => seen = [.. new StatusReader(store, new()).Read()] }, Options(8), default);
        Assert.Equal(3, seen.Count);
        Assert.All(seen, s => Assert.Equal(RunState.Running, s.State));
        Assert.All(seen, s => Assert.Equal(store.Runs.Select(r => r.Id.Value).Order(), s.Stack!.Select(id => id.Value).Order()));
        Assert.All(seen, s => Assert.Equal("stack: 8", s.StackReason));
        Assert.All(new StatusReader(store, new()).Read(), s => Assert.Null(s.Stack));
    }

    [Theory]
    [InlineData(3, 1, 9, new[] { 3, 3, 3 })] // as many as the calibration found best
    [InlineData(8, 3, 9, new[] { 3, 2, 2 })] // no more than leaves three workers something; the last two runs are one a worker
    [InlineData(1, 1, 3, new int[0])] // it does not pay
    public void In_auto_the_calibration_and_the_other_workers_decide(int best, int workers, int runs, int[] stacks)
    {
        using var folder = new TemporaryFolder();
        var store = RunStore.Create(folder["sweep"], "sweep", "a: 1\n"u8, Some.Runs(runs, steps: 2000));
        var trainer = new Recorder { Advice = new StackAdvice(best, Math.Max(2, best), 5e-3, 6e-3) };
        Worker.Run(store, trainer, Options(0) with { Workers = workers, Settings = Some.Settings(null) with { Stack = StackChoice.Auto } }, default);
        Assert.Equal(stacks, trainer.Stacks.Select(s => s.Count));
        Assert.Equal(runs, store.Completed().Count());
        Assert.Contains(trainer.Advice.Describe(), File.ReadAllText(folder[$"sweep/runs/{store.Completed().First().Run.Id}/attempt-1/log.jsonl"]).Replace("\\u00d7", "x", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void In_auto_too_few_steps_are_not_worth_a_calibration()
    {
        using var folder = new TemporaryFolder();
        var store = RunStore.Create(folder["sweep"], "sweep", "a: 1\n"u8, Some.Runs(4));
        var trainer = new Recorder { Advice = new StackAdvice(4, 4, 1, 1) };
        Worker.Run(store, trainer, Options(0) with { Settings = Some.Settings() with { Stack = StackChoice.Auto } }, default);
        Assert.Empty(trainer.Stacks);
        Assert.Equal(0, trainer.Asked);
    }

    [Fact]
    public void A_member_that_fails_or_diverges_ends_alone()
    {
        using var folder = new TemporaryFolder();
        var runs = Some.Runs(4);
        var store = RunStore.Create(folder["sweep"], "sweep", "a: 1\n"u8, runs);
        var trainer = new Recorder
        {
            Inner = new Faulty(seed => seed == 2 ? new InvalidOperationException("a defect") : null, diverges: 3),
        };
        Assert.Equal(WorkerEnd.NothingLeft, Worker.Run(store, trainer, Options(4), default));
        Assert.Equal([4], trainer.Stacks.Select(s => s.Count));
        Assert.Equal([RunState.Done, RunState.Failed, RunState.Diverged, RunState.Done], new StatusReader(store, new()).Read().Select(s => s.State));
        Assert.Equal(FailureCause.Bug, new StatusReader(store, new()).Read().ElementAt(1).Cause);
    }

    [Fact]
    public void Out_of_memory_halves_the_stack_first_and_then_the_micro_batch()
    {
        using var folder = new TemporaryFolder();
        var runs = Some.Runs(4); // batches of 16 sequences
        var store = RunStore.Create(folder["sweep"], "sweep", "a: 1\n"u8, runs);
        var trainer = new Recorder
        {
            OnStack = _ => throw new RunFailedException(FailureCause.OutOfMemory, "no room for so many"),
            Inner = new Faulty((_, s) => s.MicroBatchSequences is null or > 4 ? new RunFailedException(FailureCause.OutOfMemory, "no room") : null),
        };
        var ends = new List<WorkerEnd>();
        do
        {
            ends.Add(Worker.Run(store, trainer, Options(4), default)); // an orchestrator starts another after each
        }
        while (ends[^1] == WorkerEnd.OutOfMemory && ends.Count < 30);

        Assert.Equal(WorkerEnd.NothingLeft, ends[^1]);
        Assert.Equal(4, trainer.Stacks[0].Count);
        Assert.All(trainer.Stacks.Skip(1), s => Assert.Equal(2, s.Count));
        Assert.Equal(4, store.Completed().Count());
        // One attempt in four, one in two, then alone with the whole batch, 8 and 4 sequences.
        Assert.All(store.Completed(), c => Assert.Equal(5, c.Attempts));
        Assert.All(runs, r => Assert.Equal([null, null, null, 8, 4], Enumerable.Range(1, 5).Select(a => store.FolderOf(r.Id).Attempt(a).ReadClaim().Content!.MicroBatchSequences)));
    }

    [Fact]
    public void A_defect_that_ends_a_whole_stack_is_found_by_training_each_alone()
    {
        using var folder = new TemporaryFolder();
        var store = RunStore.Create(folder["sweep"], "sweep", "a: 1\n"u8, Some.Runs(3));
        var trainer = new Recorder
        {
            OnStack = _ => throw new InvalidOperationException("one of them did it"),
            Inner = new Faulty(seed => seed == 2 ? new InvalidOperationException("it was me") : null),
        };
        Assert.Equal(WorkerEnd.NothingLeft, Worker.Run(store, trainer, Options(4), default));
        var standings = new StatusReader(store, new()).Read().ToList();
        Assert.Equal([RunState.Done, RunState.Failed, RunState.Done], standings.Select(s => s.State));
        Assert.Equal("it was me", standings[1].Message);
        Assert.Single(trainer.Stacks);
    }

    [Fact]
    public void A_stack_that_is_stopped_saves_every_run_and_they_go_on_in_another_mixture()
    {
        using var folder = new TemporaryFolder();
        IReadOnlyList<PlannedRun> runs = Some.Runs(4, steps: 400, secondsPerRun: 1);
        var store = RunStore.Create(folder["sweep"], "sweep", "a: 1\n"u8, runs);
        using var stop = new CancellationTokenSource();
        var trainer = new Recorder { OnStack = _ => stop.CancelAfter(300) };
        Assert.Equal(WorkerEnd.Stopped, Worker.Run(store, trainer, Options(4), stop.Token));
        var standings = new StatusReader(store, new()).Read().ToList();
        Assert.All(standings, s => Assert.Equal((RunState.Interrupted, FailureCause.Preempted), (s.State, s.Cause)));
        Assert.All(runs, r => Assert.True(store.FolderOf(r.Id).Attempt(1).HasCheckpoints));

        // Three together and one alone, by two workers after one another.
        Assert.Equal(WorkerEnd.NothingLeft, Worker.Run(store, new Recorder(), Options(3), default));
        Assert.All(store.Completed(), c => Assert.Equal(2, c.Attempts));
        var calm = RunStore.Create(folder["calm"], "sweep", "a: 1\n"u8, runs);
        Worker.Run(calm, new SyntheticStacks(), Options(4), default);
        Assert.Equal(calm.Completed().Select(c => c.Result with { Stack = null, RunsAtOnce = null }), store.Completed().Select(c => c.Result with { Stack = null, RunsAtOnce = null }));
        Assert.Equal(calm.Curves().Select(c => (c.Run.Id, c.Row)), store.Curves().Select(c => (c.Run.Id, c.Row)));
    }

    [Fact]
    public void Every_member_gives_signs_of_life()
    {
        using var folder = new TemporaryFolder();
        var store = RunStore.Create(folder["sweep"], "sweep", "a: 1\n"u8, Some.Runs(3));
        long[] before = [], after = [];
        long[] Counters() => [.. store.Runs.Select(r => Heartbeat.Read(store.Files, store.FolderOf(r.Id).Attempt(1).HeartbeatPath)!.Counter)];
        var trainer = new Recorder
        {
            OnStack = _ =>
            {
                before = Counters();
                Assert.True(SpinWait.SpinUntil(() => Counters().Zip(before).All(p => p.First > p.Second + 1), TimeSpan.FromSeconds(30)));
                after = Counters();
            },
        };
        Worker.Run(store, trainer, Options(3) with { HeartbeatEvery = TimeSpan.FromMilliseconds(20) }, default);
        Assert.Equal(3, after.Length);
    }

    [Theory]
    [InlineData(FailureCause.OutOfMemory, false, 8, 4)]
    [InlineData(FailureCause.Killed, false, 8, 4)]
    [InlineData(FailureCause.Killed, true, 8, null)] // it got further: nothing wrong with its size
    [InlineData(FailureCause.Preempted, false, 8, null)]
    [InlineData(FailureCause.Bug, false, 8, 1)]
    [InlineData(FailureCause.UserError, false, 2, 1)]
    [InlineData(FailureCause.OutOfMemory, false, 3, 1)]
    public void What_ended_a_stack_limits_the_next(FailureCause cause, bool progressed, int together, int? most)
    {
        var verdict = new RetryBudget().Judge([Ended(cause, together, progressed)], 16, null);
        Assert.True(verdict.CanGoOn);
        Assert.Equal(most, verdict.MostTogether);
        Assert.Null(verdict.MicroBatchSequences);
    }

    [Fact]
    public void Three_halvings_of_a_stack_leave_the_micro_batchs_budget_untouched()
    {
        Outcome[] outcomes = [Ended(FailureCause.OutOfMemory, 8), Ended(FailureCause.OutOfMemory, 4), Ended(FailureCause.OutOfMemory, 2), Ended(FailureCause.OutOfMemory, null)];
        var verdict = new RetryBudget().Judge(outcomes, 16, null);
        Assert.True(verdict.CanGoOn);
        Assert.Equal(1, verdict.MostTogether);
        Assert.Equal(8, verdict.MicroBatchSequences);
    }

    private static Outcome Ended(FailureCause cause, int? together, bool progressed = false) =>
        new() { Attempt = 1, Token = "", Cause = cause, Together = together, Progressed = progressed, EndedAt = DateTimeOffset.UnixEpoch };

    private static WorkerOptions Options(int stack) => new() { Settings = Some.Settings() with { Stack = stack == 0 ? StackChoice.Off : new StackChoice(stack, IsAuto: false) } };

    /// <summary>Writes down what is trained together and alone.</summary>
    private sealed class Recorder : IStackTrainer
    {
        public ITrainer Inner { get; init; } = new SyntheticTrainer();

        public StackAdvice? Advice { get; init; }

        public Action<IReadOnlyList<StackMember>>? OnStack { get; init; }

        public List<IReadOnlyList<RunSpec>> Stacks { get; } = [];

        public List<string> Alone { get; } = [];

        public int Asked { get; private set; }

        public RunResult Train(RunSpec spec, IRunSession session)
        {
            Alone.Add($"d{spec.Model.ModelDim}-s{spec.Training.Seed}");
            return Inner.Train(spec, session);
        }

        public void TrainTogether(IReadOnlyList<StackMember> members, Action<StackMember, MemberEnd> ended)
        {
            Stacks.Add([.. members.Select(m => m.Spec)]);
            OnStack?.Invoke(members);
            new SyntheticStacks(Inner).TrainTogether(members, ended);
        }

        public StackAdvice? Advise(RunSpec spec, ExecutionSettings settings, int most)
        {
            Asked++;
            return Advice;
        }
    }

    /// <summary>Fails some runs, and lets one diverge.</summary>
    private sealed class Faulty(Func<long, ExecutionSettings, Exception?> fault, long? diverges = null) : ITrainer
    {
        private readonly SyntheticTrainer _inner = new();

        public Faulty(Func<long, Exception?> fault, long? diverges = null) : this((seed, _) => fault(seed), diverges)
        {
        }

        public RunResult Train(RunSpec spec, IRunSession session)
        {
            if (fault(spec.Training.Seed, session.Settings) is { } error)
            {
                throw error;
            }

            var result = _inner.Train(spec, session);
            return spec.Training.Seed == diverges ? result with { Status = RunStatus.Diverged, DivergedAtStep = 5, ValidationLoss = null, TrainLoss = null } : result;
        }
    }
}
