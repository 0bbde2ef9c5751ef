using System.Globalization;
using System.Runtime.InteropServices;
using Harness.Core.Runs;
using Harness.Training.Data;
using Harness.Training.Runs;
using Harness.Training.Steps;
using static TorchSharp.torch;

namespace Harness.Training.Tests.Runs;

/// <summary>
/// A run's memory at half its steps (autograd's: at a tenth) is its memory at the end: 1,500 steps here, 10,000 with HARNESS_LONG_TESTS=1. What the two heaps have in use is compared; the resident
/// bytes, which move with what the allocator keeps and what other tests left, only over the long run.
/// </summary>
public sealed partial class MemoryTests : TensorTest
{
    /// <summary>
    /// Bytes that may come to be in use over the second half. Over 10,000 steps the written-out step measured at most 0.09 MB, so that a leak of 0.1 kB a step shows; 1,500 are over while
    /// the compiler still makes its second pass over hot methods, 0.1 to 1.3 MB, so that a leak of 4 kB a step shows.
    /// </summary>
    private static long Slack => Long ? 512 << 10 : 3 << 20;

    /// <summary>The same under autograd from a tenth of the steps on, where a table of up to 4 MB moves once: measured at most 4.3 MB.</summary>
    private const long AutogradSlack = 8 << 20;

    /// <summary>Bytes by which residence may grow over 10,000 steps, in the same parts; measured 0.02 MB, under autograd 6.</summary>
    private const long ResidentSlack = 4 << 20, AutogradResidentSlack = 16 << 20;

    private static bool Long => Environment.GetEnvironmentVariable("HARNESS_LONG_TESTS") == "1";

    [Theory]
    [InlineData("gpt2", 1, false)]
    [InlineData("llama", 2, false)]
    [InlineData("gpt2", 1, true)]
    public void Training_with_evaluations_and_checkpoints_does_not_grow(string variant, int threads, bool plain)
    {
        var steps = Long ? 10_000 : 1_500;
        var warm = plain ? steps / 10 : steps / 2;
        Memory early = default, late = default;
        long tensors = 0, lateTensors = 0;
        using (var trainer = new TorchTrainer(new DataCatalog(), null, plain ? StepPath.Plain : StepPath.Fastest)
        {
            OnGradients = (_, step) =>
            {
                if (step == warm)
                {
                    (early, tensors) = (Memory.Now(), Tensor.TotalCount);
                }

                if (step == steps)
                {
                    (late, lateTensors) = (Memory.Now(), Tensor.TotalCount);
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
        Assert.True(late.InUse - early.InUse < (plain ? AutogradSlack : Slack), $"{early} after {warm} steps, {late} after {steps}");
        Assert.True(!Long || late.Resident - early.Resident < (plain ? AutogradResidentSlack : ResidentSlack), $"{early} after {warm} steps, {late} after {steps}");
    }

    /// <summary>Bytes of this process.</summary>
    /// <param name="InUse">Allocated and not freed, in the C heap and the managed one.</param>
    /// <param name="Resident">In the machine's memory.</param>
    private readonly partial record struct Memory(long InUse, long Resident)
    {
        /// <summary>Once the collector is through.</summary>
        public static Memory Now()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            var managed = GC.GetTotalMemory(forceFullCollection: true);
            var heap = mallinfo2();
            var resident = long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize; // proc(5)
            return new Memory((long)(heap.InUse + heap.Mapped) + managed, resident);
        }

        [LibraryImport("libc.so.6")]
        private static partial HeapFigures mallinfo2();
    }

    /// <summary>glibc's struct mallinfo2, mallinfo(3): sums over all arenas, bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct HeapFigures
    {
        private readonly nuint _arena, _freeChunks, _fastChunks, _mappedRegions;

        public readonly nuint Mapped;

        private readonly nuint _unused, _freeFast;

        public readonly nuint InUse;

        private readonly nuint _free, _trimmable;
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
