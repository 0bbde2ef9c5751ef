namespace Harness.Core.Runs;

/// <summary>One line of a training curve. Missing is null, never 0.</summary>
/// <param name="Step">Optimizer steps done, 1-based: the row is written after this many updates.</param>
/// <param name="Tokens">Training tokens seen.</param>
/// <param name="TrainFlops">6 N D so far, N non-embedding.</param>
/// <param name="TrainLoss">Mean loss of the batches since the last row, nats a token; null on a row that only evaluates.</param>
/// <param name="ValidationLoss">Held-out loss, nats a token; null where it wasn't measured.</param>
/// <param name="LearningRate">Rate of the last update.</param>
/// <param name="GradientNorm">Global L2 norm of the last gradient before clipping.</param>
/// <param name="TokensPerSecond">Training speed since the last row, evaluation and checkpoints left out.</param>
/// <param name="Seconds">Training seconds so far over all attempts, evaluation and checkpoints left out.</param>
public sealed record MetricRow(
    long Step,
    long Tokens,
    double TrainFlops,
    double? TrainLoss,
    double? ValidationLoss,
    double LearningRate,
    double? GradientNorm,
    double? TokensPerSecond,
    double? Seconds);
