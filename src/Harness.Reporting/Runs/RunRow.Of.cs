using System.Text.Json;
using Harness.Core;
using Harness.Core.Models;
using Harness.Core.Runs;

namespace Harness.Reporting.Runs;

/// <content>Rows from what was planned and what came of it.</content>
public sealed partial record RunRow
{
    /// <summary>The row of a run with a result.</summary>
    /// <param name="run">What was planned.</param>
    /// <param name="result">What it measured.</param>
    /// <param name="attempts">Attempts started, at least 1.</param>
    /// <param name="availableTokens">Training tokens of the source before one repeats (<c>DataFacts.TrainTokens</c>); null where unknown.</param>
    /// <param name="sharesTrunks">Whether runs of the sweep branch off others, so that each belongs to a trunk.</param>
    /// <exception cref="ArgumentException">The result belongs to another run.</exception>
    public static RunRow Of(PlannedRun run, RunResult result, int? attempts, long? availableTokens = null, bool sharesTrunks = false)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(result);
        if (result.Id != run.Id)
        {
            throw new ArgumentException($"The result of {result.Id} is not that of {run.Id} ({run.Name}).", nameof(result));
        }

        return Planned(run, result.Status == RunStatus.Completed ? "completed" : "diverged", attempts, availableTokens) with
        {
            ValidationLoss = result.ValidationLoss,
            BitsPerByte = result.BitsPerByte,
            Perplexity = result.ValidationLoss is { } loss ? Math.Exp(loss) : null,
            TrainLoss = result.TrainLoss,
            TokensPerSecond = result.TokensPerSecond,
            ModelFlopsUtilization = result.ModelFlopsUtilization,
            DeclaredModelFlopsUtilization = result.DeclaredModelFlopsUtilization,
            TrainSeconds = result.TrainSeconds,
            EvaluationSeconds = result.EvaluationSeconds,
            PeakMemoryBytes = result.PeakMemoryBytes,
            Joules = result.Joules,
            Engine = result.Engine,
            Device = result.Device,
            Stack = result.Stack,
            RunsAtOnce = result.RunsAtOnce,
            DivergedAtStep = result.DivergedAtStep,
            Trunk = sharesTrunks ? (run.Branch?.Trunk ?? run.Id).Value : null,
            BranchStep = result.Inherited?.Step,
            SpentFlops = FlopsPerToken.Of(run.Spec.Model).SixN * (result.Tokens - (result.Inherited?.Step ?? 0) * run.Spec.Training.BatchTokens),
            SpentTrainSeconds = result.Inherited is { } i ? result.TrainSeconds - i.TrainSeconds : result.TrainSeconds,
            SpentJoules = result.Inherited is { } j ? result.Joules - j.Joules : result.Joules,
        };
    }

    /// <summary>The row of a run that was given up without a result. It carries no measurement, so that no fit can take it for one.</summary>
    /// <param name="run">What was planned.</param>
    /// <param name="cause">Why the last attempt ended.</param>
    /// <param name="attempts">Attempts started.</param>
    /// <param name="availableTokens">Training tokens of the source before one repeats; null where unknown.</param>
    public static RunRow OfFailed(PlannedRun run, FailureCause cause, int? attempts, long? availableTokens = null) =>
        Planned(run, FailedStatus, attempts, availableTokens) with { Failure = JsonNamingPolicy.SnakeCaseLower.ConvertName(cause.ToString()) };

    private static RunRow Planned(PlannedRun run, string status, int? attempts, long? availableTokens)
    {
        ArgumentNullException.ThrowIfNull(run);
        var (model, training, data) = (run.Spec.Model, run.Spec.Training, run.Spec.Data);
        var counts = ParameterCounts.Of(model);
        var spec = JsonSerializer.SerializeToElement(run.Spec, CoreJson.Default.RunSpec);
        var synthetic = run.Spec.Synthetic is not null;
        var available = synthetic ? null : Smaller(data.UniqueTokens, availableTokens);
        return new RunRow
        {
            RunId = run.Id.Value,
            Name = run.Name,
            Status = status,
            Family = model.Family,
            LayerCount = model.LayerCount,
            ModelDim = model.ModelDim,
            HeadCount = model.HeadCount,
            FeedForwardDim = model.FeedForwardDim,
            ContextLength = model.ContextLength,
            VocabularySize = model.VocabularySize,
            NonEmbeddingParameters = counts.NonEmbedding,
            EmbeddingParameters = counts.TokenEmbedding + counts.PositionEmbedding,
            UnembeddingParameters = counts.Unembedding,
            TotalParameters = counts.Total,
            ActiveParameters = counts.Active,
            Tokens = training.Tokens,
            Steps = training.Steps,
            BatchTokens = training.BatchTokens,
            UniqueTokens = available is { } known ? Math.Min(known, training.Tokens) : null,
            Epochs = training.Tokens / (double?)available,
            Flops = FlopsPerToken.Of(model).For(training.Tokens),
            PeakLearningRate = training.PeakLearningRate,
            Schedule = spec.GetProperty("training").GetProperty("lr_schedule").GetProperty("kind").GetString()!,
            WarmupSteps = training.Schedule.WarmupSteps,
            Seed = training.Seed,
            DataSeed = training.DataSeed,
            Precision = spec.GetProperty("training").GetProperty("precision").GetString()!,
            DataSource = synthetic ? "synthetic-law" : spec.GetProperty("data").GetProperty("source").GetString()!,
            Attempts = attempts,
            Labels = run.Labels,
        };
    }

    private static long? Smaller(long? a, long? b) => a is { } x && b is { } y ? Math.Min(x, y) : a ?? b;
}
