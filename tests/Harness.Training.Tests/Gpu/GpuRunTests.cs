using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;
using Harness.Torch;
using Harness.Training.Data;
using Harness.Training.Measurement;
using Harness.Training.Runs;
using Harness.Training.Steps;
using Harness.Training.Tests.Runs;

namespace Harness.Training.Tests.Gpu;

/// <summary>What only a GPU can show of the GPU path. These skip themselves elsewhere, where the CPU twins stand in.</summary>
public sealed class GpuRunTests : TensorTest
{
    [GpuFact]
    public void A_run_replays_graphs_of_own_kernels_and_follows_the_plain_path()
    {
        var spec = Some.Run(Some.Gpt2(layers: 2, dim: 64, heads: 2, context: 32, vocabulary: 256), steps: 200, sequences: 16);
        spec = spec with { Training = spec.Training with { PeakLearningRate = 1e-3 } };
        var (plain, graph) = (Train(spec, StepPath.Plain), Train(spec, StepPath.Fastest));
        Assert.Contains("fused kernels", graph.Result.Engine, StringComparison.Ordinal);
        Assert.Contains("graph of 8 steps", graph.Result.Engine, StringComparison.Ordinal);
        Assert.All(plain.Rows.Zip(graph.Rows), pair => Assert.Equal(pair.First.TrainLoss!.Value, pair.Second.TrainLoss!.Value, 1e-3));
        Assert.Equal(plain.Result.ValidationLoss!.Value, graph.Result.ValidationLoss!.Value, 1e-3);
    }

    [GpuFact]
    public void The_same_run_twice_gives_the_same_bits_in_the_deterministic_mode()
    {
        var spec = Some.Run(Some.Llama(layers: 2, dim: 64, heads: 2, context: 32, vocabulary: 256), steps: 60, sequences: 16);
        foreach (var precision in Enum.GetValues<Precision>())
        {
            var exact = spec with { Training = spec.Training with { Precision = precision } };
            Assert.Equal(Train(exact, StepPath.Fastest).Result.WeightsHash, Train(exact, StepPath.Fastest).Result.WeightsHash);
        }
    }

    [GpuFact]
    public void Measured_memory_is_within_fifteen_percent_of_the_plans()
    {
        var model = Some.Gpt2(layers: 8, dim: 512, heads: 8, context: 512, vocabulary: 8192);
        var spec = Some.Run(model, steps: 6, sequences: 32);
        spec = spec with { Training = spec.Training with { Precision = Precision.Bf16 } };
        var found = Train(spec, StepPath.Fastest).Result.PeakMemoryBytes!.Value;
        var expected = DeviceFootprint.State(ParameterCounts.Of(model).Total, half: true) + DeviceFootprint.Step(model, DeviceFootprint.MicroBatch(model, 32), half: true);
        Assert.InRange(found / (double)expected, 0.85, 1.15);
    }

    [GpuFact]
    public void More_memory_than_the_device_has_ends_as_out_of_memory_and_the_next_run_trains()
    {
        using var trainer = new TorchTrainer(new DataCatalog());
        using var session = Session();
        var huge = Some.Run(Some.Gpt2(layers: 1, dim: 1 << 17, heads: 1024, context: 8, vocabulary: 32), sequences: 1);
        Assert.Equal(FailureCause.OutOfMemory, Assert.Throws<RunFailedException>(() => trainer.Train(huge, session)).Cause);
        Assert.Equal(RunStatus.Completed, trainer.Train(Some.Run(), session).Status);
    }

    [GpuFact]
    public void Events_measure_and_a_captured_step_does_what_it_did()
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        var device = TorchSharp.torch.device(TorchSharp.DeviceType.CUDA, 0);
        var x = TorchSharp.torch.zeros([1 << 20], TorchSharp.torch.ScalarType.Float32, device);
        using var graph = new CudaGraph(0);
        using (graph.Enter())
        {
            x.add_(1);
            graph.Capture(() => x.add_(1));
            graph.Replay();
            graph.Replay();
        }

        using var begin = CudaEvent.Record(0);
        x.add_(1);
        using var end = CudaEvent.Record(0);
        Assert.True(begin.MillisecondsUntil(end) > 0);
        Assert.Equal(4, x.narrow(0, 0, 1).item<float>()); // a capture does nothing by itself
    }

    [GpuFact]
    public void Runs_at_the_same_time_have_the_bits_that_they_have_one_by_one()
    {
        RunSpec[] specs =
        [
            Some.Run(Some.Gpt2(layers: 2, dim: 64, heads: 2, context: 32, vocabulary: 256), steps: 120, sequences: 16),
            Some.Run(Some.Llama(layers: 3, dim: 96, heads: 3, context: 32, vocabulary: 256), steps: 90, sequences: 8),
            Some.Run(Some.Gpt2(layers: 1, dim: 32, heads: 2, context: 16, vocabulary: 64), steps: 200, sequences: 8),
        ];
        var alone = specs.Select(s => Train(s, StepPath.Fastest).Result.WeightsHash).ToArray();
        using var eldest = new TorchTrainer(new DataCatalog());
        ISideBySideTrainer[] trainers = [eldest, eldest.Sibling(), eldest.Sibling()];
        var found = new RunResult[specs.Length];
        var threads = specs.Select((spec, i) => new Thread(() =>
        {
            using var session = Session();
            found[i] = trainers[i].Train(spec, session);
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        ((IDisposable)trainers[1]).Dispose();
        ((IDisposable)trainers[2]).Dispose();
        Assert.Equal(alone, found.Select(f => f.WeightsHash));
        Assert.All(found, f => Assert.Contains("graph of 8 steps", f.Engine, StringComparison.Ordinal));
    }

    [GpuFact]
    public void A_stack_runs_on_the_kernels_and_follows_each_run_alone()
    {
        var spec = Some.Run(Some.Gpt2(layers: 2, dim: 64, heads: 2, context: 32, vocabulary: 256), steps: 100, sequences: 16);
        RunSpec[] specs = [.. Enumerable.Range(1, 3).Select(seed => spec with { Training = spec.Training with { Seed = seed, PeakLearningRate = 1e-3 } })];
        using var trainer = new TorchTrainer(new DataCatalog());
        var sessions = specs.Select(_ => Session()).ToList();
        var ends = new Dictionary<RunId, MemberEnd>();
        trainer.TrainTogether([.. specs.Zip(sessions, (s, session) => new StackMember(s, session))], (member, end) => ends.Add(RunId.Of(member.Spec), end));
        sessions.ForEach(s => s.Dispose());
        foreach (var one in specs)
        {
            var (alone, together) = (Train(one, StepPath.Fastest).Result, ends[RunId.Of(one)].Result!);
            Assert.Contains("batched fused kernels", together.Engine, StringComparison.Ordinal);
            Assert.Equal(alone.ValidationLoss!.Value, together.ValidationLoss!.Value, 1e-3);
        }
    }

    [GpuFact]
    public void Members_that_go_on_without_one_that_was_stopped_replay_graphs_and_follow_each_run_alone()
    {
        var spec = Some.Run(Some.Gpt2(layers: 2, dim: 64, heads: 2, context: 32, vocabulary: 256), steps: 6000, sequences: 16);
        RunSpec[] specs = [.. Enumerable.Range(1, 3).Select(seed => spec with { Training = spec.Training with { Seed = seed, PeakLearningRate = 1e-3 } })];
        using var trainer = new TorchTrainer(new DataCatalog());
        List<MemorySession> sessions = [Session(), new() { Settings = new ExecutionSettings { Device = "cuda:0" }, StopAfterRowOf = 64 }, Session()];
        var ends = new Dictionary<RunId, MemberEnd>();
        trainer.TrainTogether([.. specs.Zip(sessions, (s, session) => new StackMember(s, session))], (member, end) => ends.Add(RunId.Of(member.Spec), end));
        Assert.IsType<OperationCanceledException>(ends[RunId.Of(specs[1])].Error);
        Assert.Contains("stack: 2 runs go on without 1 that has ended, from step 64", sessions[0].Lines);
        var together = ends[RunId.Of(specs[0])].Result!;
        Assert.Contains("graph of 8 steps", together.Engine, StringComparison.Ordinal);
        Assert.Equal(Train(specs[0], StepPath.Fastest).Result.ValidationLoss!.Value, together.ValidationLoss!.Value, 2e-2);
        sessions.ForEach(s => s.Dispose());
    }

    [GpuFact]
    public void A_benchmark_times_replays_by_the_devices_clock_and_counts_their_kernels()
    {
        var found = StepBenchmark.Run(new StepBenchmarkRequest { Model = Some.Gpt2(layers: 2, dim: 64, heads: 2, context: 64, vocabulary: 256), BatchRows = 16, Steps = 5, Device = "cuda:0" });
        Assert.InRange(found.KernelsPerStep!.Value, 20, 1000);
        Assert.True(found.GigabytesPerSecond > 0);
        Assert.True(found.StepSecondsMedian > 0);
    }

    private static MemorySession Session() => new() { Settings = new ExecutionSettings { Device = "cuda:0" } };

    private static (RunResult Result, List<MetricRow> Rows) Train(RunSpec spec, StepPath path)
    {
        using var trainer = new TorchTrainer(new DataCatalog(), null, path);
        using var session = Session();
        return (trainer.Train(spec, session), session.Rows);
    }
}
