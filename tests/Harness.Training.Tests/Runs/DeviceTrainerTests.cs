using Harness.Core.Runs;
using Harness.Torch;
using Harness.Training.Data;
using Harness.Training.Runs;
using Harness.Training.Steps;
using Harness.Training.Steps.Graphs;
using static TorchSharp.torch;

namespace Harness.Training.Tests.Runs;

/// <summary>Whole runs on the path that a GPU takes (many steps at once, tables and losses on the device), driven eagerly on the CPU, against runs on the plain path.</summary>
public sealed class DeviceTrainerTests : TensorTest
{
    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void A_run_leaves_the_rows_and_the_result_of_the_plain_path(string variant)
    {
        var spec = Some.Run(Some.Variant(variant), steps: 60);
        spec = spec with { Training = spec.Training with { PeakLearningRate = 1e-3 } };
        (RunResult Result, List<MetricRow> Rows) Train(StepPath path)
        {
            using var trainer = new TorchTrainer(new DataCatalog(), null, path);
            using var session = new MemorySession();
            return (trainer.Train(spec, session), session.Rows);
        }

        var (plain, twin) = (Train(StepPath.Plain), Train(StepPath.Device));
        Assert.Equal(plain.Rows.Select(r => (r.Step, r.Tokens, r.LearningRate)), twin.Rows.Select(r => (r.Step, r.Tokens, r.LearningRate)));
        Assert.All(plain.Rows.Zip(twin.Rows), pair => Assert.Equal(pair.First.TrainLoss!.Value, pair.Second.TrainLoss!.Value, 1e-5));
        Assert.All(plain.Rows.Zip(twin.Rows), pair => Assert.Equal(pair.First.GradientNorm!.Value, pair.Second.GradientNorm!.Value, 1e-3));
        Assert.Equal(plain.Result.ValidationLoss!.Value, twin.Result.ValidationLoss!.Value, 1e-5);
        Assert.Equal(plain.Result.TrainLoss!.Value, twin.Result.TrainLoss!.Value, 1e-5);
        Assert.Contains("autograd, tensor operations, eager: not on a GPU", twin.Result.Engine, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_was_stopped_and_resumed_ends_with_the_bits_of_one_that_was_not()
    {
        var spec = Some.Run(steps: 40);
        using var trainer = new TorchTrainer(new DataCatalog(), null, StepPath.Device);
        var whole = trainer.Train(spec, new MemorySession());
        var shelf = new MemoryShelf();
        using (var first = new MemorySession { Shelf = shelf, StopAfterRowOf = 7 })
        {
            Assert.Throws<OperationCanceledException>(() => trainer.Train(spec, first));
        }

        using var second = new MemorySession { Shelf = shelf };
        var resumed = trainer.Train(spec, second);
        Assert.Equal([7], second.Begun);
        Assert.Equal(whole.WeightsHash, resumed.WeightsHash);
        Assert.Equal(whole.TrainLoss, resumed.TrainLoss);
    }

    [Fact]
    public void Checkpoints_fall_on_their_steps_however_many_are_asked_for_at_once()
    {
        using var trainer = new TorchTrainer(new DataCatalog(), null, StepPath.Device);
        var shelf = new MemoryShelf();
        using var session = new MemorySession { Shelf = shelf, Settings = new ExecutionSettings { Device = "cpu", CheckpointEverySteps = 13 } };
        trainer.Train(Some.Run(steps: 40), session);
        Assert.Equal([39L, 26L], shelf.Newest().Select(c => c.Step).Take(2));
    }

    [Fact]
    public void A_run_whose_learning_rate_is_absurd_diverges_at_the_step_of_the_plain_path()
    {
        var spec = Some.Run(steps: 40);
        spec = spec with { Training = spec.Training with { PeakLearningRate = 1e25 } };
        RunResult Train(StepPath path)
        {
            using var trainer = new TorchTrainer(new DataCatalog(), null, path);
            return trainer.Train(spec, new MemorySession());
        }

        var (plain, twin) = (Train(StepPath.Plain), Train(StepPath.Device));
        Assert.Equal(RunStatus.Diverged, twin.Status);
        Assert.Equal((plain.DivergedAtStep, plain.Steps), (twin.DivergedAtStep, twin.Steps));
    }

    [Fact]
    public void Runs_of_one_trainer_share_buffers_and_leave_no_trace_in_each_other()
    {
        var spec = Some.Run(steps: 20);
        var other = spec with { Training = spec.Training with { Seed = 8, DataSeed = 9, PeakLearningRate = 5e-3 }, Data = spec.Data with { Synthetic = spec.Data.Synthetic! with { Seed = 3 } } };
        using var trainer = new TorchTrainer(new DataCatalog(), null, StepPath.Device);
        using var fresh = new TorchTrainer(new DataCatalog(), null, StepPath.Device);
        var first = trainer.Train(spec, new MemorySession());
        var between = trainer.Train(other, new MemorySession());
        Assert.Equal(first.WeightsHash, trainer.Train(spec, new MemorySession()).WeightsHash);
        Assert.Equal(between.WeightsHash, fresh.Train(other, new MemorySession()).WeightsHash);
    }

    [Fact]
    public void Unequal_runs_side_by_side_in_one_process_compute_what_each_computes_alone()
    {
        RunSpec[] specs = [Some.Run(Some.Gpt2(), steps: 40), Some.Run(Some.Llama(layers: 1, dim: 24, heads: 3), steps: 40)];
        string Train(RunSpec spec)
        {
            using var trainer = new TorchTrainer(new DataCatalog(), null, StepPath.Device); // its own weights, corpus, tables; on a GPU also stream, graph and pool
            return trainer.Train(spec, new MemorySession()).WeightsHash!;
        }

        var alone = specs.Select(Train).ToArray();
        var together = new string[specs.Length];
        var threads = specs.Select((spec, i) => new Thread(() => together[i] = Train(spec))).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        Assert.Equal(alone, together);
    }

    [Theory]
    [InlineData("CUDA error: an illegal memory access was encountered", true, false)]
    [InlineData("CUDA error: uncorrectable ECC error encountered", true, false)]
    [InlineData("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED", true, false)]
    [InlineData("CUDA out of memory. Tried to allocate 2.00 GiB", false, true)]
    [InlineData("CUDA error: out of memory", false, true)]
    [InlineData("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", false, true)]
    [InlineData("mat1 and mat2 shapes cannot be multiplied (3x4 and 5x6)", false, false)]
    public void A_lack_of_memory_a_failed_device_and_a_wrong_call_are_told_apart(string message, bool fault, bool memory)
    {
        var error = new NativeError(message);
        Assert.Equal((fault, memory), (DeviceFault.Is(error), OutOfMemory.Is(error)));
    }

    [Fact]
    public void The_implementation_of_attention_is_measured_and_what_was_allowed_before_is_restored()
    {
        var before = (backends.cuda.flash_sdp_enabled(), backends.cuda.math_sdp_enabled());
        var choice = AttentionChoice.For(Some.Gpt2(), 2, half: false, CPU)!;
        Assert.Equal(before, (backends.cuda.flash_sdp_enabled(), backends.cuda.math_sdp_enabled()));
        Assert.Contains(AttentionBackend.Math, choice.Milliseconds.Keys);
        Assert.All(choice.Milliseconds.Values, ms => Assert.True(ms > 0 && ms >= choice.Milliseconds[choice.Backend]));
        Assert.Same(choice, AttentionChoice.For(Some.Gpt2(), 2, half: false, CPU));
        using (TorchExtensions.UseAttention(AttentionBackend.Math))
        {
            Assert.Equal((false, true), (backends.cuda.flash_sdp_enabled(), backends.cuda.math_sdp_enabled()));
        }

        Assert.Equal(before, (backends.cuda.flash_sdp_enabled(), backends.cuda.math_sdp_enabled()));
    }

    [Fact]
    public void Attention_that_adds_up_in_varying_order_is_no_candidate_where_the_same_bits_are_wanted()
    {
        Assert.Equal([AttentionBackend.Math, AttentionBackend.Flash, AttentionBackend.Efficient], AttentionChoice.Candidates(deterministic: true));
        Assert.Equal(Enum.GetValues<AttentionBackend>(), AttentionChoice.Candidates(deterministic: false));
        var times = new Dictionary<AttentionBackend, double> { [AttentionBackend.Math] = 1, [AttentionBackend.Efficient] = 2, [AttentionBackend.Flash] = 3 };
        Assert.Equal((AttentionBackend.Flash, AttentionBackend.Math), (AttentionChoice.Best(times, deterministic: true), AttentionChoice.Best(times, deterministic: false)));
        times.Remove(AttentionBackend.Flash); // fp32
        Assert.Equal(AttentionBackend.Efficient, AttentionChoice.Best(times, deterministic: true));
    }

    private sealed class NativeError(string message) : System.Runtime.InteropServices.ExternalException(message);
}
