using System.Globalization;
using Harness.Core.Runs;
using Harness.Training.Data;
using Harness.Training.Runs;
using Harness.Training.Steps;
using static TorchSharp.torch;

namespace Harness.Training.Tests.Runs;

/// <summary>A run's memory after its first tenth is its memory at the end: 1,500 steps here, 10,000 with HARNESS_LONG_TESTS=1.</summary>
public sealed class MemoryTests : TensorTest
{
    /// <summary>What the heap's own ups and downs may add; a leak of 400 bytes a step would show over 10,000 steps.</summary>
    private const long Slack = 4 << 20;

    private static bool Long => Environment.GetEnvironmentVariable("HARNESS_LONG_TESTS") == "1";

    [Theory]
    [InlineData("gpt2", 1, false)]
    [InlineData("llama", 2, false)]
    [InlineData("gpt2", 1, true)]
    public void Training_with_evaluations_and_checkpoints_does_not_grow(string variant, int threads, bool plain)
    {
        var steps = Long ? 10_000 : 1_500;
        long? early = null;
        long? late = null;
        long tensors = 0, lateTensors = 0;
        using (var trainer = new TorchTrainer(new DataCatalog(), null, plain ? StepPath.Plain : StepPath.Fastest)
        {
            OnGradients = (_, step) =>
            {
                if (step == steps / 10)
                {
                    (early, tensors) = (Resident(), Tensor.TotalCount);
                }

                if (step == steps)
                {
                    (late, lateTensors) = (Resident(), Tensor.TotalCount);
                }
            },
        })
        using (var session = new MemorySession
        {
            Settings = new ExecutionSettings { Device = "cpu", Threads = threads, CheckpointEverySteps = steps / 30 },
            OtherShelf = new ForgetfulShelf(),
        })
        {
            trainer.Train(Some.Run(Some.Variant(variant), steps: steps), session);
        }

        set_num_threads(1);
        Assert.Equal(tensors, lateTensors);
        Assert.True(early is null || late - early < Slack, $"{early} bytes after {steps / 10} steps, {late} after {steps}");
    }

    /// <summary>Resident bytes of this process once the collector is through; null where the system doesn't say.</summary>
    private static long? Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        const string Statm = "/proc/self/statm"; // proc(5): size, resident, ... in pages
        return File.Exists(Statm) ? long.Parse(File.ReadAllText(Statm).Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize : null;
    }

    /// <summary>Has every checkpoint written and keeps none.</summary>
    private sealed class ForgetfulShelf : ICheckpointShelf
    {
        public void Save(long step, Action<Stream> write)
        {
            using var stream = new MemoryStream();
            write(stream);
        }

        public IReadOnlyList<StoredCheckpoint> Newest() => [];
    }
}
