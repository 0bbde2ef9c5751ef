using Harness.Core.Data;
using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;

namespace Harness.Reporting.Tests.Runs;

/// <summary>Valid things of each kind, to be changed by <c>with</c>.</summary>
internal static class Some
{
    public static ModelSpec Model(int layers = 2, int width = 64) => ModelFamily.Gpt2.Model(layers, width, 4, 256, 256);

    public static RunSpec Spec(ModelSpec? model = null, long steps = 500) => new()
    {
        Model = model ?? Model(),
        Data = new DataSpec { Source = DataSource.DotnetDocs, Tokenizer = Tokenizer.Bytes, ValidationFraction = 0.05, ContentHash = "ab" },
        Training = new TrainingSpec
        {
            Steps = steps,
            BatchTokens = 2048,
            PeakLearningRate = 3e-3,
            Schedule = new CosineSchedule { WarmupSteps = 50, FinalFraction = 0.1 },
            Optimizer = OptimizerSpec.Default,
            Precision = Precision.Fp32,
            Seed = 1,
            DataSeed = 2,
            Evaluation = new EvaluationSpec(65536, 100),
        },
    };

    public static PlannedRun Run(RunSpec? spec = null, string name = "gpt2-l2-d64", params (string Name, string Value)[] labels)
    {
        spec ??= Spec();
        return new PlannedRun { Id = RunId.Of(spec), Name = name, Spec = spec, Labels = labels.ToDictionary(l => l.Name, l => l.Value) };
    }

    public static RunResult Result(PlannedRun run, double loss = 2.345678901234567) => new()
    {
        Id = run.Id,
        Status = RunStatus.Completed,
        Steps = run.Spec.Training.Steps,
        Tokens = run.Spec.Training.Tokens,
        ValidationLoss = loss,
        TrainLoss = 0.1 + 0.2,
        BytesPerToken = 1,
        TrainSeconds = 12.5,
        EvaluationSeconds = 1.0 / 3,
        TokensPerSecond = 51_234.567,
        ModelFlopsUtilization = 0.4321,
        PeakMemoryBytes = 123_456_789_012,
        Joules = 1e-3,
        Engine = "libtorch 1.13.1 (shim), CPU, OpenBLAS openmp",
        Device = "cpu",
    };
}
