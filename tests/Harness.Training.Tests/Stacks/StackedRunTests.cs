using Harness.Core.Runs;
using Harness.Training.Data;
using Harness.Training.Runs;
using Harness.Training.Steps;
using Harness.Training.Tests.Runs;

namespace Harness.Training.Tests.Stacks;

/// <summary>Whole runs in stacks, as batched model (the plain path) and in turns (the written-out step), against the same runs alone.</summary>
public sealed class StackedRunTests : TensorTest
{
    [Theory]
    [InlineData("gpt2", "batched")]
    [InlineData("llama", "batched")]
    [InlineData("gpt2-untied", "batched")]
    [InlineData("llama-mup", "batched")]
    [InlineData("gpt2", "many steps at once")]
    [InlineData("llama", "many steps at once")]
    public void Two_hundred_steps_of_a_stack_follow_its_runs_alone(string variant, string how)
    {
        var specs = Specs(3, 200, variant);
        var together = Together(Path(how), specs);
        foreach (var (spec, member) in specs.Zip(together))
        {
            using var trainer = new TorchTrainer(new DataCatalog(), null, StepPath.Plain);
            using var session = new MemorySession();
            var alone = trainer.Train(spec, session);
            Assert.Equal(1, alone.Stack);
            Assert.Equal(3, member.Result.Stack);
            Assert.Contains("batched", member.Result.Engine, StringComparison.Ordinal);
            Assert.Equal(alone.Id, member.Result.Id);
            Assert.Equal(session.Rows.Select(r => (r.Step, r.Tokens, r.LearningRate)), member.Session.Rows.Select(r => (r.Step, r.Tokens, r.LearningRate)));
            var losses = session.Rows.Zip(member.Session.Rows).Select(p => (Alone: p.First.ValidationLoss ?? p.First.TrainLoss!.Value, Stacked: p.Second.ValidationLoss ?? p.Second.TrainLoss!.Value)).ToList();
            Assert.All(losses.Take(20), p => Assert.Equal(p.Alone, p.Stacked, 1e-5));
            Assert.All(losses, p => Assert.Equal(p.Alone, p.Stacked, 1e-3)); // rounding grows along a run, as between the single paths
            Assert.Equal(alone.TrainLoss!.Value, member.Result.TrainLoss!.Value, 1e-3);
        }
    }

    [Fact]
    public void In_turns_every_run_has_the_bits_that_it_has_alone()
    {
        var specs = Specs(3, 24);
        foreach (var (spec, member) in specs.Zip(Together(StepPath.Fastest, specs)))
        {
            using var trainer = new TorchTrainer(new DataCatalog());
            using var session = new MemorySession();
            Assert.Equal(trainer.Train(spec, session).WeightsHash, member.Result.WeightsHash);
            Assert.Equal(session.Timeless, member.Session.Timeless);
            Assert.Equal(3, member.Result.Stack);
        }
    }

    [Theory]
    [InlineData("batched")]
    [InlineData("in turns")]
    public void A_diverged_member_ends_alone_and_changes_no_bit_of_the_others(string how)
    {
        var path = Path(how);
        var specs = Specs(3, 20);
        var healthy = Together(path, specs);
        var disturbed = Together(path, specs, (lane, index, step) =>
        {
            if (index == 1 && step == 7)
            {
                using var one = lane.Gradients.narrow(0, 3, 1);
                one.fill_(float.NaN);
            }
        });
        Assert.Equal(RunStatus.Diverged, disturbed[1].Result.Status);
        Assert.Equal(7, disturbed[1].Result.DivergedAtStep);
        Assert.Equal(6, disturbed[1].Result.Steps);
        Assert.Equal(6, disturbed[1].Session.Rows[^1].Step);
        Assert.Null(disturbed[1].Result.ValidationLoss);
        foreach (var other in (int[])[0, 2])
        {
            Assert.Equal(RunStatus.Completed, disturbed[other].Result.Status);
            Assert.Equal(healthy[other].Result.WeightsHash, disturbed[other].Result.WeightsHash);
            Assert.Equal(healthy[other].Session.Timeless, disturbed[other].Session.Timeless);
        }
    }

    [Theory]
    [InlineData("batched")]
    [InlineData("many steps at once")]
    public void A_member_with_an_absurd_rate_diverges_by_itself(string how)
    {
        var specs = Specs(3, 30);
        specs[0] = specs[0] with { Training = specs[0].Training with { PeakLearningRate = 1e25 } };
        var members = Together(Path(how), specs);
        Assert.Equal([RunStatus.Diverged, RunStatus.Completed, RunStatus.Completed], members.Select(m => m.Result.Status));
        Assert.InRange(members[0].Result.DivergedAtStep!.Value, 2, 30);
        var healthy = Together(Path(how), Specs(3, 30));
        Assert.Equal(healthy.Skip(1).Select(m => m.Result.WeightsHash), members.Skip(1).Select(m => m.Result.WeightsHash));
    }

    [Theory]
    [InlineData("batched")]
    [InlineData("in turns")]
    [InlineData("many steps at once")]
    public void A_killed_stack_of_four_resumes_in_any_mixture(string how)
    {
        var path = Path(how);
        var specs = Specs(4, 24);
        var whole = Together(path, specs);
        // Killed after step 14; each run's last checkpoint is of another step.
        var shelves = specs.Select(_ => new MemoryShelf()).ToList();
        for (var i = 0; i < specs.Count; i++)
        {
            using var saved = new MemorySession { Settings = new ExecutionSettings { Device = "cpu", CheckpointEverySteps = 2 }, StopAfterRowOf = 10 };
            using var trainer = new TorchTrainer(new DataCatalog(), null, path);
            var others = specs.Where((_, j) => j != i).Select(s => new MemorySession()).ToList();
            var member = new StackMember(specs[i], saved);
            trainer.TrainTogether([member, .. specs.Where((_, j) => j != i).Zip(others, (s, o) => new StackMember(s, o))], (_, _) => { });
            shelves[i] = saved.Shelf.Only(10 - 2 * i);
            others.ForEach(o => o.Dispose());
        }

        var resumed = new (RunResult Result, MemorySession Session)[4];
        foreach (var group in (int[][])[[2], [0, 3], [1]])
        {
            var members = group.Length == 1 && group[0] == 1
                ? Together(path, [specs[1], Specs(5, 24)[4]], shelves: [shelves[1], new MemoryShelf()]) // with a run that begins
                : Together(path, [.. group.Select(i => specs[i])], shelves: [.. group.Select(i => shelves[i])]);
            for (var i = 0; i < group.Length; i++)
            {
                resumed[group[i]] = members[i];
            }
        }

        for (var i = 0; i < 4; i++)
        {
            Assert.Equal([10L - 2 * i], resumed[i].Session.Begun);
            if (path == StepPath.Fastest)
            {
                Assert.Equal(whole[i].Result.WeightsHash, resumed[i].Result.WeightsHash);
            }

            Assert.Equal(whole[i].Result.ValidationLoss!.Value, resumed[i].Result.ValidationLoss!.Value, 2e-5);
            Assert.Equal(whole[i].Result.TrainLoss!.Value, resumed[i].Result.TrainLoss!.Value, 2e-5);
            Assert.Equal(whole[i].Session.Rows.Where(r => r.Step > 10 - 2 * i).Select(r => r.Step), resumed[i].Session.Rows.Select(r => r.Step));
        }
    }

    [Fact]
    public void A_member_that_is_stopped_saves_and_ends_alone()
    {
        var specs = Specs(3, 20);
        using var trainer = new TorchTrainer(new DataCatalog(), null, StepPath.Plain);
        MemorySession[] sessions = [new(), new() { StopAfterRowOf = 8 }, new()];
        var ends = new List<(int Member, MemberEnd End)>();
        trainer.TrainTogether([.. specs.Zip(sessions, (s, session) => new StackMember(s, session))], (m, e) => ends.Add((Array.IndexOf(sessions, m.Session), e)));
        Assert.Equal([1, 0, 2], ends.Select(e => e.Member));
        Assert.IsType<OperationCanceledException>(ends[0].End.Error);
        Assert.Equal([8], sessions[1].Shelf.Files.Keys);
        Assert.All(ends.Skip(1), e => Assert.Equal(RunStatus.Completed, e.End.Result!.Status));
        Array.ForEach(sessions, s => s.Dispose());
    }

    [Fact]
    public void A_member_without_a_good_checkpoint_fails_alone()
    {
        var specs = Specs(2, 12);
        using var trainer = new TorchTrainer(new DataCatalog(), null, StepPath.Plain);
        using var broken = new MemorySession { Shelf = new MemoryShelf { Files = { [5] = [1, 2, 3] } } };
        using var healthy = new MemorySession();
        var ends = new Dictionary<IRunSession, MemberEnd>();
        trainer.TrainTogether([new(specs[0], broken), new(specs[1], healthy)], (m, e) => ends.Add(m.Session, e));
        Assert.Equal(FailureCause.CheckpointsDamaged, Assert.IsType<RunFailedException>(ends[broken].Error).Cause);
        Assert.Equal(Together(StepPath.Plain, specs)[1].Result.WeightsHash, ends[healthy].Result!.WeightsHash);
    }

    [Fact]
    public void Runs_of_two_shapes_are_no_stack()
    {
        var spec = Some.Run(steps: 12);
        using var trainer = new TorchTrainer(new DataCatalog());
        using MemorySession one = new(), other = new();
        Assert.Throws<ArgumentException>(() => trainer.TrainTogether(
            [new(spec, one), new(spec with { Training = spec.Training with { Steps = 13 } }, other)], (_, _) => { }));
        Assert.Empty(one.Begun);
    }

    [Fact]
    public void Seconds_are_shared_equally_and_add_up()
    {
        // A clock that moves by a second whenever it is read: a step takes one, an evaluation takes one.
        var specs = Specs(3, 12);
        using var trainer = new TorchTrainer(new DataCatalog(), new SecondARead(), StepPath.Plain);
        MemorySession[] sessions = [new(), new(), new()];
        var results = new List<RunResult>();
        trainer.TrainTogether([.. specs.Zip(sessions, (s, session) => new StackMember(s, session))], (_, e) => results.Add(e.Result!));
        Assert.All(results, r => Assert.Equal(12.0 / 3, r.TrainSeconds!.Value, 9));
        Assert.All(results, r => Assert.Equal(2.0 / 3, r.EvaluationSeconds!.Value, 9));
        Assert.All(results, r => Assert.Equal(r.Tokens / r.TrainSeconds!.Value, r.TokensPerSecond!.Value, 6));
        Assert.All(sessions, s => Assert.All(s.Reports, p => Assert.Equal(specs[0].Training.BatchTokens, p.TokensPerSecond!.Value, 6))); // what a watcher sees pass
        Array.ForEach(sessions, s => s.Dispose());
    }

    private static StepPath Path(string how) => how switch
    {
        "batched" => StepPath.Plain,
        "in turns" => StepPath.Fastest,
        _ => StepPath.Device, // as on a GPU
    };

    internal static List<RunSpec> Specs(int count, long steps, string variant = "gpt2")
    {
        var spec = Some.Run(Some.Variant(variant), steps: steps);
        return [.. Enumerable.Range(0, count).Select(i => spec with
        {
            Training = spec.Training with
            {
                Seed = 1 + i,
                DataSeed = 20 - i,
                PeakLearningRate = 1e-2 / (1 + 0.5 * i),
                Optimizer = spec.Training.Optimizer with { WeightDecay = 0.1 * i, GradientClip = i == 2 ? null : 1.0 },
            },
        })];
    }

    private static List<(RunResult Result, MemorySession Session)> Together(
        StepPath path, List<RunSpec> specs, Action<IRunLane, int, long>? disturb = null, List<MemoryShelf>? shelves = null)
    {
        var index = new Dictionary<IRunLane, int>();
        using var trainer = new TorchTrainer(new DataCatalog(), null, path)
        {
            OnGradients = disturb is null ? null : (lane, step) =>
            {
                index.TryAdd(lane, index.Count); // lanes come in order
                disturb(lane, index[lane], step);
            },
        };
        var sessions = specs.Select((_, i) => new MemorySession { Shelf = shelves?[i] ?? new MemoryShelf() }).ToList();
        var results = new RunResult?[specs.Count];
        trainer.TrainTogether(
            [.. specs.Zip(sessions, (s, session) => new StackMember(s, session))],
            (member, end) => results[sessions.IndexOf((MemorySession)member.Session)] = end.Result ?? throw new InvalidOperationException("no result", end.Error));
        sessions.ForEach(s => s.Dispose());
        return [.. results.Zip(sessions, (r, s) => (r!, s))];
    }

    private sealed class SecondARead : TimeProvider
    {
        private long _reads;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => ++_reads;
    }
}
