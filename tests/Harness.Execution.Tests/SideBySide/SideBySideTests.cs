using Harness.Core.Runs;
using Harness.Execution.Status;
using Harness.Execution.Store;
using Harness.Execution.Synthetic;
using Harness.Execution.Workers;

namespace Harness.Execution.Tests.SideBySide;

/// <summary>Different runs at the same time in one worker: who trains with whom, what each keeps for itself, and what a fault of one does to the others.</summary>
public class SideBySideTests
{
    [Fact]
    public void Runs_of_any_shapes_train_at_the_same_time_and_leave_what_they_leave_one_by_one()
    {
        using var folder = new TemporaryFolder();
        IReadOnlyList<PlannedRun> runs = [Some.Run(1, width: 128, secondsPerRun: 1), Some.Run(2, secondsPerRun: 1), Some.Run(3, steps: 30, secondsPerRun: 1), Some.Run(4, width: 32, secondsPerRun: 1), Some.Run(5, width: 16)];
        var store = RunStore.Create(folder["sweep"], "sweep", "a: 1\n"u8, runs);
        var trainer = new Siblings();

        Assert.Equal(WorkerEnd.NothingLeft, Worker.Run(store, trainer, Options(4), default));

        Assert.Equal(4, trainer.MostAtOnce);
        Assert.Equal(runs.Take(4).Select(r => r.Id).ToHashSet(), trainer.Order.Take(4).ToHashSet()); // largest first
        var calm = RunStore.Create(folder["calm"], "sweep", "a: 1\n"u8, runs);
        Worker.Run(calm, new Siblings(), Options(1), default);
        Assert.Equal(calm.Completed().Select(c => c.Result with { RunsAtOnce = null }), store.Completed().Select(c => c.Result with { RunsAtOnce = null }));
        Assert.Equal(calm.Curves().Select(c => (c.Run.Id, c.Row)), store.Curves().Select(c => (c.Run.Id, c.Row)));
        Assert.All(calm.Completed(), c => Assert.Equal(1, c.Result.RunsAtOnce));
        Assert.All(store.Completed().Take(4), c => Assert.Equal(4, c.Result.RunsAtOnce));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder["sweep/workers"]));
    }

    [Fact]
    public void Only_as_many_as_the_plans_memory_estimates_allow()
    {
        using var folder = new TemporaryFolder();
        var runs = Some.Runs(5, secondsPerRun: 0.5).Select(r => r with { Estimate = new RunEstimate(null, 40, 0) }).ToList();
        var store = RunStore.Create(folder["sweep"], "sweep", "a: 1\n"u8, runs);
        var trainer = new Siblings();
        Worker.Run(store, trainer, Options(4) with { DeviceMemoryBytes = 100 }, default);
        Assert.Equal(2, trainer.MostAtOnce);
        Assert.Equal(5, store.Completed().Count());
    }

    [Fact]
    public void Status_names_the_worker_that_they_share()
    {
        using var folder = new TemporaryFolder();
        var store = RunStore.Create(folder["sweep"], "sweep", "a: 1\n"u8, Some.Runs(3, secondsPerRun: 1));
        List<RunStanding> seen = [];
        var trainer = new Siblings();
        trainer.OnTrain = _ =>
        {
            if (trainer.AtOnce == 3)
            {
                seen = [.. new StatusReader(store, new()).Read()];
            }
        };
        Worker.Run(store, trainer, Options(3), default);
        Assert.Equal(3, seen.Count);
        Assert.All(seen, s => Assert.Equal((RunState.Running, seen[0].Worker), (s.State, s.Worker)));
    }

    [Fact]
    public void A_defect_of_one_ends_that_run_alone()
    {
        using var folder = new TemporaryFolder();
        var store = RunStore.Create(folder["sweep"], "sweep", "a: 1\n"u8, Some.Runs(4, secondsPerRun: 0.2));
        var trainer = new Siblings { Fault = (spec, _) => spec.Training.Seed == 2 ? new InvalidOperationException("a defect") : null };
        Assert.Equal(WorkerEnd.NothingLeft, Worker.Run(store, trainer, Options(4), default));
        var standings = new StatusReader(store, new()).Read().ToList();
        Assert.Equal([RunState.Done, RunState.Failed, RunState.Done, RunState.Done], standings.Select(s => s.State));
        Assert.All(standings, s => Assert.Equal(1, s.Attempts));
    }

    [Fact]
    public void Out_of_memory_has_the_others_saved_and_the_run_tried_again_in_half_the_company_before_half_the_micro_batch()
    {
        using var folder = new TemporaryFolder();
        var runs = Some.Runs(4, steps: 400, secondsPerRun: 1);
        var store = RunStore.Create(folder["sweep"], "sweep", "a: 1\n"u8, runs);
        Siblings? current = null;
        var faults = 0;
        var ends = new List<WorkerEnd>();
        do
        {
            current = new Siblings
            {
                // Run 3 fits beside one other at most; it finds out once the others are on their way.
                Fault = (spec, session) => spec.Training.Seed == 3 && faults == 0 && session.Settings.MicroBatchSequences is null && SpinWait.SpinUntil(() => current!.AtOnce > 3, 10_000) && ++faults > 0
                    ? new RunFailedException(FailureCause.OutOfMemory, "no room for so many")
                    : null,
            };
            ends.Add(Worker.Run(store, current, Options(4), default)); // an orchestrator starts another after each
        }
        while (ends[^1] == WorkerEnd.OutOfMemory && ends.Count < 10);

        Assert.Equal([WorkerEnd.OutOfMemory, WorkerEnd.NothingLeft], ends);
        Assert.Equal(1, faults);
        Assert.Equal(4, store.Completed().Count());
        Assert.Equal(FailureCause.OutOfMemory, store.FolderOf(runs[2].Id).Attempt(1).ReadOutcome().Content!.Cause);
        Assert.Equal(4, store.FolderOf(runs[2].Id).Attempt(1).ReadOutcome().Content!.Together);
        Assert.Null(store.FolderOf(runs[2].Id).Attempt(2).ReadClaim().Content!.MicroBatchSequences);
        Assert.InRange(store.Completed().Single(c => c.Run.Id == runs[2].Id).Result.RunsAtOnce!.Value, 1, 2);
        // The others lost nothing: asked to stop, saved, resumed.
        Assert.All((int[])[0, 1, 3], i => Assert.Equal(FailureCause.Preempted, store.FolderOf(runs[i].Id).Attempt(1).ReadOutcome().Content!.Cause));
        var calm = RunStore.Create(folder["calm"], "sweep", "a: 1\n"u8, runs);
        Worker.Run(calm, new Siblings(), Options(4), default);
        Assert.Equal(calm.Curves().Select(c => (c.Run.Id, c.Row)), store.Curves().Select(c => (c.Run.Id, c.Row)));
    }

    [Fact]
    public void A_stop_saves_all_of_them()
    {
        using var folder = new TemporaryFolder();
        var runs = Some.Runs(3, steps: 400, secondsPerRun: 30);
        var store = RunStore.Create(folder["sweep"], "sweep", "a: 1\n"u8, runs);
        using var stop = new CancellationTokenSource();
        var trainer = new Siblings();
        trainer.OnTrain = _ =>
        {
            if (trainer.AtOnce == 3)
            {
                stop.CancelAfter(300);
            }
        };
        Assert.Equal(WorkerEnd.Stopped, Worker.Run(store, trainer, Options(3), stop.Token));
        Assert.All(new StatusReader(store, new()).Read(), s => Assert.Equal((RunState.Interrupted, FailureCause.Preempted), (s.State, s.Cause)));
        Assert.All(runs, r => Assert.True(store.FolderOf(r.Id).Attempt(1).HasCheckpoints));
    }

    [Theory]
    [InlineData(4, 4)] // as many as the calibration found best
    [InlineData(1, 1)] // it does not pay
    public void In_auto_the_calibration_decides(int best, int atOnce)
    {
        using var folder = new TemporaryFolder();
        var store = RunStore.Create(folder["sweep"], "sweep", "a: 1\n"u8, Some.Runs(6, steps: 1000, secondsPerRun: 1));
        var trainer = new Siblings { Advice = new StackAdvice(best, Math.Max(2, best), 5e-3, 6e-3) };
        Worker.Run(store, trainer, new WorkerOptions { Settings = Some.Settings(null) with { Device = "cuda:0", RunsPerWorker = RunsPerWorker.Auto } }, default);
        Assert.Equal(atOnce, trainer.MostAtOnce);
        Assert.Equal(6, store.Completed().Count());
    }

    [Fact]
    public void Stacks_and_other_runs_share_a_worker()
    {
        using var folder = new TemporaryFolder();
        IReadOnlyList<PlannedRun> runs = [Some.Run(1, width: 128, secondsPerRun: 1), .. Some.Runs(3, secondsPerRun: 1)];
        var store = RunStore.Create(folder["sweep"], "sweep", "a: 1\n"u8, runs);
        var trainer = new Siblings();
        Worker.Run(store, trainer, Options(8) with { Settings = Some.Settings() with { RunsPerWorker = new RunsPerWorker(8, IsAuto: false), Stack = new StackChoice(3, IsAuto: false) } }, default);
        Assert.Equal([null, 3, 3, 3], store.Completed().Select(c => c.Result.Stack));
        Assert.All(store.Completed(), c => Assert.Equal(4, c.Result.RunsAtOnce));
    }

    private static WorkerOptions Options(int runs) =>
        new() { Settings = Some.Settings() with { RunsPerWorker = new RunsPerWorker(runs, IsAuto: false) }, LookAgainAfter = TimeSpan.FromMilliseconds(50) };

    /// <summary>The synthetic trainer with siblings that count how many train at once, and fail where they are told to.</summary>
    private sealed class Siblings : ISideBySideTrainer
    {
        private readonly SyntheticStacks _stacks = new();
        private readonly Lock _gate = new();
        private Siblings? _eldest;

        public Func<RunSpec, IRunSession, Exception?> Fault { get; init; } = (_, _) => null;

        public Action<RunSpec>? OnTrain { get; set; }

        public StackAdvice? Advice { get; init; }

        public List<RunId> Order { get; } = [];

        public int AtOnce { get; private set; }

        public int MostAtOnce { get; private set; }

        public RunResult Train(RunSpec spec, IRunSession session) => Counted(spec, () =>
        {
            if (Eldest.Fault(spec, session) is { } error)
            {
                throw error;
            }

            return new SyntheticTrainer().Train(spec, session);
        });

        public void TrainTogether(IReadOnlyList<StackMember> members, Action<StackMember, MemberEnd> ended) => Counted(members[0].Spec, () =>
        {
            _stacks.TrainTogether(members, ended);
            return 0;
        });

        public StackAdvice? Advise(RunSpec spec, ExecutionSettings settings, int most) => null;

        public ISideBySideTrainer Sibling() => new Siblings { _eldest = Eldest, Advice = Advice };

        public StackAdvice? AdviseSideBySide(RunSpec spec, ExecutionSettings settings, int most) => Advice;

        private Siblings Eldest => _eldest ?? this;

        private T Counted<T>(RunSpec spec, Func<T> work)
        {
            lock (Eldest._gate)
            {
                Eldest.Order.Add(RunId.Of(spec));
                Eldest.AtOnce++;
                Eldest.MostAtOnce = Math.Max(Eldest.MostAtOnce, Eldest.AtOnce);
                Eldest.OnTrain?.Invoke(spec);
            }

            try
            {
                return work();
            }
            finally
            {
                lock (Eldest._gate)
                {
                    Eldest.AtOnce--;
                }
            }
        }
    }
}
