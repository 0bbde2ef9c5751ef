using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Sweeps.Requests;
using Harness.Sweeps.Resolving;

namespace Harness.Sweeps.Planning;

/// <summary>What runs cost here: tokens and FLOPs, seconds, memory, disk, with a trunk's work counted once.</summary>
/// <param name="execution">The micro-batch.</param>
/// <param name="speed">How fast models train; null leaves seconds out.</param>
/// <param name="onGpu">Whether memory is a GPU's.</param>
internal sealed class RunPrices(ExecutionRequest execution, ISpeedEstimator? speed, bool onGpu)
{
    /// <summary>A run with its estimates.</summary>
    public PlannedRun Planned(BuiltRun run, string name, RunFigures figures, TrunkBranch? branch, int snapshots) => new()
    {
        Id = figures.Id,
        Name = name,
        Spec = run.Spec,
        Labels = run.Labels,
        Estimate = new RunEstimate(
            figures.Seconds,
            figures.Memory.Total,
            figures.DiskBytes,
            branch is null ? null : CostModel.Seconds(run.Spec, speed) - figures.Seconds,
            snapshots == 0 ? null : SnapshotBytes(run.Spec, snapshots)),
        Branch = branch,
    };

    private static long SnapshotBytes(RunSpec spec, int snapshots) => spec.Synthetic is null ? checked(snapshots * CostModel.Checkpoint(spec.Model)) : 0;

    /// <summary>Everything that a plan prints about a run.</summary>
    public RunFigures Figures(RunId id, BuiltRun run, TrunkBranch? branch, int snapshots)
    {
        var from = branch?.Step ?? 0;
        var (model, training) = (run.Spec.Model, run.Spec.Training);
        var law = run.Spec.Synthetic is not null;
        return new RunFigures
        {
            Id = id,
            Parameters = ParameterCounts.Of(model),
            Tokens = training.Tokens,
            Steps = training.Steps,
            Epochs = run.Epochs,
            Flops = FlopsPerToken.Of(model).For(training.Tokens),
            PeakLearningRate = training.PeakLearningRate,
            SharedTokens = checked(from * training.BatchTokens),
            EvaluationTokens = (CostModel.Measurements(training) - CostModel.MeasurementsUpTo(training, from)) * training.Evaluation.Tokens,
            Seconds = CostModel.Seconds(run.Spec, speed, from),
            Memory = law ? new MemoryEstimate(0, 0, CostModel.SyntheticRuntimeBytes)
                : onGpu ? CostModel.DeviceMemory(model, training, execution.MicroBatchSequences)
                : CostModel.Memory(model, training, execution.MicroBatchSequences),
            DiskBytes = (law ? CostModel.SyntheticDiskBytes : CostModel.Disk(model, training)) + SnapshotBytes(run.Spec, snapshots),
            Adjustments = run.Adjustments,
        };
    }

    /// <summary>Sums over runs and their figures, in the same order.</summary>
    public static PlanTotals Totals(List<PlannedRun> runs, List<RunFigures> figures)
    {
        var spent = runs.ConvertAll(r => FlopsPerToken.Of(r.Spec.Model).For(r.Spec.Training.Tokens - r.SharedTokens));
        return new PlanTotals(
            figures.Count,
            figures.Aggregate(0L, (sum, f) => checked(sum + f.Tokens - f.SharedTokens)),
            new TrainingFlops(spent.Sum(f => f.SixND), spent.Sum(f => f.SixNTotalD), spent.Sum(f => f.Kaplan), spent.Sum(f => f.Chinchilla)),
            figures.All(f => f.Seconds is not null) ? figures.Sum(f => f.Seconds) : null,
            figures.Max(f => f.Memory.Total),
            figures.Sum(f => f.DiskBytes));
    }
}
