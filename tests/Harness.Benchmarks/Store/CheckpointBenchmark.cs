using System.Diagnostics;
using System.Globalization;
using Harness.Core.Data;
using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;
using Harness.Execution.Store;
using Harness.Execution.Workers;
using Harness.Training.Runs;

namespace Harness.Benchmarks.Store;

/// <summary>
/// What a checkpoint a minute costs a real run: the d128 L4 model trained by the real engine under a real worker, with the time in saves measured
/// where the trainer calls the shelf (write, fsync, verify, remove the oldest): <c>./harness benchmarks checkpoints</c>.
/// </summary>
internal static class CheckpointBenchmark
{
    /// <summary>Steps between the saves of the short measurement; a checkpoint a minute is reckoned from their median.</summary>
    private const int SaveEvery = 10;

    private const double Minute = 60;

    public static void Run()
    {
        const int Sequences = 8;
        var model = Models.Gpt2(4, 128, 4, 256);
        var folder = Directory.CreateTempSubdirectory("harness-benchmark-").FullName;
        try
        {
            Console.WriteLine();
            Console.WriteLine($"checkpoints of gpt2 d{model.ModelDim} L{model.LayerCount} ({ParameterCounts.Of(model).Total} parameters), {Sequences} x {model.ContextLength}, under a worker");
            using var trainer = new TorchTrainer();
            var many = new Saves(trainer);
            Train(Path.Combine(folder, "often"), Spec(model, Sequences, steps: 121), many, new ExecutionSettings { Device = "cpu", CheckpointEverySteps = SaveEvery });
            var times = many.Seconds.Order().ToList();
            var median = times[times.Count / 2];
            Line($"{times.Count} saves of {many.Bytes / 1e6:F1} MB, one every {SaveEvery} steps: median {1000 * median:F1} ms ({1000 * times[0]:F1} to {1000 * times[^1]:F1}); one a minute is {100 * median / Minute:F3} % of the time");

            var steps = (long)Math.Ceiling(2.2 * Minute / many.SecondsAStep);
            var real = new Saves(trainer);
            Train(Path.Combine(folder, "minute"), Spec(model, Sequences, steps), real, new ExecutionSettings { Device = "cpu", CheckpointEvery = TimeSpan.FromSeconds(Minute) });
            Line($"{real.Wall:F0} s of training with a checkpoint a minute: {real.Seconds.Count} saves took {1000 * real.Seconds.Sum():F1} ms, {100 * real.Seconds.Sum() / real.Wall:F3} % of it");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Train(string folder, RunSpec spec, ITrainer trainer, ExecutionSettings settings)
    {
        var run = new PlannedRun { Id = RunId.Of(spec), Name = "d128", Spec = spec };
        var store = RunStore.Create(folder, "checkpoints", "x: 1\n"u8, [run]);
        if (Worker.Run(store, trainer, new WorkerOptions { Settings = settings }, default) != WorkerEnd.NothingLeft || !store.Completed().Any())
        {
            throw new InvalidOperationException("the run did not finish");
        }
    }

    private static RunSpec Spec(ModelSpec model, int sequences, long steps) => new()
    {
        Model = model,
        Data = new DataSpec { Source = DataSource.Synthetic, Tokenizer = Tokenizer.Bytes, ValidationFraction = 0.1, Synthetic = new SyntheticSource(256, 1, 1.2, 7) },
        Training = new TrainingSpec
        {
            Steps = steps,
            BatchTokens = sequences * model.ContextLength,
            PeakLearningRate = 1e-3,
            Schedule = new CosineSchedule { WarmupSteps = 10, FinalFraction = 0.1 },
            Optimizer = OptimizerSpec.Default,
            Precision = Precision.Fp32,
            Seed = 1,
            DataSeed = 1,
            Evaluation = new EvaluationSpec(sequences * model.ContextLength, null),
        },
    };

    private static void Line(FormattableString text) => Console.WriteLine("  " + text.ToString(CultureInfo.InvariantCulture));

    /// <summary>Times every save of a trainer.</summary>
    private sealed class Saves(ITrainer inner) : ITrainer
    {
        public List<double> Seconds { get; } = [];

        public long Bytes { get; private set; }

        public double Wall { get; private set; }

        public double SecondsAStep { get; private set; }

        public RunResult Train(RunSpec spec, IRunSession session)
        {
            var start = Stopwatch.GetTimestamp();
            var result = inner.Train(spec, new Session(this, session));
            Wall = Stopwatch.GetElapsedTime(start).TotalSeconds;
            SecondsAStep = result.TrainSeconds!.Value / result.Steps;
            return result;
        }

        private sealed class Session(Saves owner, IRunSession session) : IRunSession, ICheckpointShelf
        {
            public ExecutionSettings Settings => session.Settings;

            public ICheckpointShelf Checkpoints => this;

            public CancellationToken Stop => session.Stop;

            public void Begin(long fromStep) => session.Begin(fromStep);

            public void Record(MetricRow row) => session.Record(row);

            public void Report(RunProgress progress) => session.Report(progress);

            public void Log(string message) => session.Log(message);

            public IReadOnlyList<StoredCheckpoint> Newest() => session.Checkpoints.Newest();

            public void Save(long step, Action<Stream> write)
            {
                var start = Stopwatch.GetTimestamp();
                session.Checkpoints.Save(step, stream =>
                {
                    write(stream);
                    owner.Bytes = stream.Position;
                });
                owner.Seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
        }
    }
}
