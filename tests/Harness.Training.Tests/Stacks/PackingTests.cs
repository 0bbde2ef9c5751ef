using Harness.Core.Runs;
using Harness.Core.Training;
using Harness.Training.Data;
using Harness.Training.Runs;
using Harness.Training.Steps;
using Harness.Training.Tests.Runs;
using static TorchSharp.torch;

namespace Harness.Training.Tests.Stacks;

/// <summary>Stacks that some members have left: the others go on together, with the bits that they would have had.</summary>
public sealed class PackingTests : TensorTest
{
    [Theory]
    [InlineData("gpt2", false, new[] { 0, 2 })]
    [InlineData("llama", true, new[] { 1 })]
    [InlineData("gpt2-untied", true, new[] { 1, 2 })]
    [InlineData("llama-mup", false, new[] { 2 })]
    public void Those_that_stay_have_the_losses_and_weights_to_the_bit_that_they_have_among_all(string variant, bool manyAtOnce, int[] staying)
    {
        const int steps = 6;
        var specs = StackedRunTests.Specs(3, 40, variant);
        using var tokens = new DataCatalog().Open(specs[0].Data);
        using var whole = Make(specs, tokens, manyAtOnce);
        using var packed = Make(specs, tokens, manyAtOnce);
        var expected = Train(whole, specs, [0, 1, 2], tokens, 0, steps, manyAtOnce, [true, true, true]);
        Assert.Equal(expected, Train(packed, specs, [0, 1, 2], tokens, 0, steps, manyAtOnce, [true, true, true]));
        var lanes = staying.Select(i => packed.Lanes[i]).ToList();
        packed.Keep([.. Enumerable.Range(0, 3).Select(staying.Contains)]);
        Assert.Equal(lanes, packed.Lanes);
        Assert.All(lanes, lane => Assert.Equal(3, lane.StackSize)); // what it was trained with
        expected = Train(whole, specs, [0, 1, 2], tokens, steps, steps, manyAtOnce, [.. Enumerable.Range(0, 3).Select(staying.Contains)]);
        var found = Train(packed, specs, staying, tokens, steps, steps, manyAtOnce, [.. staying.Select(_ => true)]);
        Assert.Equal(expected.Where((_, i) => staying.Contains(i % 3)), found);
        for (var i = 0; i < staying.Length; i++)
        {
            Assert.Equal(Floats(whole.Lanes[staying[i]]), Floats(packed.Lanes[i]));
        }
    }

    [Fact]
    public void In_bf16_they_have_them_up_to_its_rounding()
    {
        // Which of its products libtorch takes on a CPU depends on how many matrices there are.
        var specs = StackedRunTests.Specs(3, 40).Select(s => s with { Training = s.Training with { Precision = Precision.Bf16 } }).ToList();
        using var tokens = new DataCatalog().Open(specs[0].Data);
        using var whole = Make(specs, tokens, manyAtOnce: true);
        using var packed = Make(specs, tokens, manyAtOnce: true);
        packed.Keep([false, true, true]);
        var expected = Train(whole, specs, [0, 1, 2], tokens, 0, 8, manyAtOnce: true, [true, true, true]).Where((_, i) => i % 3 > 0);
        Assert.All(expected.Zip(Train(packed, specs, [1, 2], tokens, 0, 8, manyAtOnce: true, [true, true])), p => Assert.Equal(p.First.Loss, p.Second.Loss, 2e-2 * p.First.Loss));
    }

    [Fact]
    public void What_is_left_behind_gives_its_memory_back()
    {
        var specs = StackedRunTests.Specs(4, 40);
        var before = Tensor.TotalCount;
        using var tokens = new DataCatalog().Open(specs[0].Data);
        using (var stack = Make(specs, tokens, manyAtOnce: true))
        {
            var four = Tensor.TotalCount;
            stack.Keep([false, true, false, true]);
            Assert.Equal(four - (2 * 4), Tensor.TotalCount); // two lanes' views
            Assert.Equal(2 * stack.Lanes[0].Layout.Length, stack.Packed.Parameters.Weights.numel());
        }

        Assert.Equal(before, Tensor.TotalCount);
    }

    [Theory]
    [InlineData("batched")]
    [InlineData("many steps at once")]
    public void A_run_whose_neighbours_end_early_ends_with_the_bits_of_one_whose_neighbours_stay(string how)
    {
        var path = how == "batched" ? StepPath.Plain : StepPath.Device;
        var specs = StackedRunTests.Specs(4, 60);
        using MemorySession calm = new(), left = new();
        var expected = Together(path, specs, [calm, new(), new(), new()]);

        // One diverges, one has no good checkpoint, one is stopped.
        specs[1] = specs[1] with { Training = specs[1].Training with { PeakLearningRate = 1e25 } };
        using MemorySession damaged = new() { Shelf = new MemoryShelf { Files = { [5] = [1, 2, 3] } } }, stopped = new() { StopAfterRowOf = 20 };
        var found = Together(path, specs, [left, new(), damaged, stopped]);
        Assert.Equal([RunStatus.Completed, RunStatus.Diverged, null, null], found.Select(f => f?.Status));
        Assert.Equal(expected[0]!.WeightsHash, found[0]!.WeightsHash);
        Assert.Equal(expected[0]!.ValidationLoss, found[0]!.ValidationLoss);
        Assert.Equal(calm.Timeless, left.Timeless);
        Assert.Equal((4, 4), (expected[0]!.Stack, found[0]!.Stack));
        Assert.DoesNotContain(calm.Lines, line => line.Contains("on without", StringComparison.Ordinal));
        Assert.Equal(3, left.Lines.Count(line => line.Contains("on without", StringComparison.Ordinal)));
        Assert.Contains("stack: 3 runs go on without 1 that has ended, from step 0", left.Lines);
        Assert.Contains("stack: 1 run goes on without 1 that has ended, from step 20", left.Lines);
    }

    [Fact]
    public void After_a_stack_that_some_have_left_the_next_one_has_all_its_lanes()
    {
        var specs = StackedRunTests.Specs(3, 30);
        using var trainer = new TorchTrainer(new DataCatalog(), null, StepPath.Device);
        using MemorySession stopped = new() { StopAfterRowOf = 8 };
        Together(trainer, specs, [stopped, new(), new()]);
        Assert.Equal(Together(StepPath.Device, specs, [new(), new(), new()]).Select(r => r!.WeightsHash), Together(trainer, specs, [new(), new(), new()]).Select(r => r!.WeightsHash));
    }

    private static RunResult?[] Together(StepPath path, List<RunSpec> specs, List<MemorySession> sessions)
    {
        using var trainer = new TorchTrainer(new DataCatalog(), null, path);
        return Together(trainer, specs, sessions);
    }

    private static RunResult?[] Together(TorchTrainer trainer, List<RunSpec> specs, List<MemorySession> sessions)
    {
        var results = new RunResult?[specs.Count];
        trainer.TrainTogether(
            [.. specs.Zip(sessions, (spec, session) => new StackMember(spec, session))],
            (member, end) => results[sessions.IndexOf((MemorySession)member.Session)] = end.Result);
        return results;
    }

    private static BatchedStack Make(List<RunSpec> specs, TokenStream tokens, bool manyAtOnce)
    {
        var training = specs[0].Training;
        var stack = new BatchedStack(
            specs[0].Model, [.. specs.Select(s => s.Training.Optimizer)], training.Precision, CPU, training.BatchTokens / specs[0].Model.ContextLength, 1, manyAtOnce ? StepPath.Device : StepPath.Plain);
        stack.Stretch?.Begin([.. specs.Select(s => s.Training)], tokens);
        for (var i = 0; i < specs.Count; i++)
        {
            stack.Lanes[i].Initialize(specs[i].Training.Seed);
        }

        return stack;
    }

    /// <summary>Outcomes by step and lane.</summary>
    private static List<StepOutcome> Train(
        BatchedStack stack, List<RunSpec> specs, int[] members, TokenStream tokens, long first, int steps, bool manyAtOnce, bool[] active)
    {
        if (manyAtOnce)
        {
            return [.. stack.Stretch!.Advance([.. members.Select(_ => first)], active, steps).SelectMany(o => o)];
        }

        var found = new List<StepOutcome>();
        var orders = members.Select(m => new BatchOrder(tokens.Train.Length, specs[m].Model.ContextLength, stack.Lanes[0].BatchRows, specs[m].Training.DataSeed)).ToList();
        for (var step = first; step < first + steps; step++)
        {
            var outcomes = new StepOutcome[members.Length];
            for (var i = 0; i < members.Length; i++)
            {
                for (var row = 0; row < stack.Lanes[i].BatchRows; row++)
                {
                    stack.Lanes[i].SetRow(row, tokens.Train, orders[i].OffsetOf(step, row));
                }
            }

            stack.Compute(active, outcomes);
            stack.Apply(active, [.. members.Select(m => specs[m].Training.PeakLearningRate)], [.. members.Select(_ => step + 1)]);
            found.AddRange(outcomes);
        }

        return found;
    }

    private static float[] Floats(IRunLane lane) => [.. lane.Weights.data<float>().ToArray(), .. lane.FirstMoment.data<float>().ToArray(), .. lane.SecondMoment.data<float>().ToArray()];
}
