using Harness.Core.Data;
using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;

namespace Harness.Execution.Tests;

/// <summary>Plain examples that tests vary.</summary>
internal static class Some
{
    public static SyntheticLaw Law(double secondsPerRun = 0) => new(1.7, 400, 1200, 0.34, 0.37, 0.002, secondsPerRun);

    public static RunSpec Spec(long seed = 1, long steps = 20, double secondsPerRun = 0, int width = 64) => new()
    {
        Model = ModelFamily.Gpt2.Model(2, width, 2, 128, 256),
        Data = new DataSpec { Source = DataSource.DotnetDocs, Tokenizer = Tokenizer.Bytes, ValidationFraction = 0.05, ContentHash = "00" },
        Training = new TrainingSpec
        {
            Steps = steps,
            BatchTokens = 2048,
            PeakLearningRate = 3e-3,
            Schedule = new CosineSchedule { WarmupSteps = 2, FinalFraction = 0.1 },
            Optimizer = OptimizerSpec.Default,
            Precision = Precision.Fp32,
            Seed = seed,
            DataSeed = seed,
            Evaluation = new EvaluationSpec(65536, 10),
        },
        Synthetic = Law(secondsPerRun),
    };

    public static PlannedRun Run(long seed = 1, long steps = 20, double secondsPerRun = 0, int width = 64)
    {
        var spec = Spec(seed, steps, secondsPerRun, width);
        return new PlannedRun { Id = RunId.Of(spec), Name = $"d{width}-s{seed}", Spec = spec };
    }

    public static IReadOnlyList<PlannedRun> Runs(int count, long steps = 20, double secondsPerRun = 0) =>
        [.. Enumerable.Range(1, count).Select(i => Run(i, steps, secondsPerRun))];

    public static ExecutionSettings Settings(int? checkpointEverySteps = 5) => new() { Device = "cpu", CheckpointEverySteps = checkpointEverySteps };
}
