using System.Security.Cryptography;
using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;

namespace Harness.Execution.Synthetic;

/// <summary>
/// Draws the losses of a run from <see cref="RunSpec.Synthetic"/> instead of training it. It writes rows, saves and resumes checkpoints, and obeys stops
/// like a real trainer, so that everything around a trainer can be tested in seconds, and a fit must give the law back.
/// </summary>
/// <param name="time">Measures and waits.</param>
public sealed class SyntheticTrainer(TimeProvider time) : ITrainer
{
    private const int RowsPerOctave = 16;

    /// <summary>Offset that keeps the held-out noise apart from the training noise.</summary>
    private const long HeldOut = 1L << 62;

    /// <summary>With the system's clock.</summary>
    public SyntheticTrainer() : this(TimeProvider.System)
    {
    }

    /// <inheritdoc/>
    public RunResult Train(RunSpec spec, IRunSession session)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(session);
        var law = spec.Synthetic
            ?? throw new RunFailedException(FailureCause.UserError, "The synthetic trainer needs a law: the spec has no synthetic section.");
        var id = RunId.Of(spec);
        var parameters = ParameterCounts.Of(spec.Model).NonEmbedding;
        var steps = spec.Training.Steps;
        var state = Resume(session, id, law.SecondsPerRun / steps) ?? SyntheticState.Initial(spec, parameters);
        session.Begin(state.Step);
        var flops = FlopsPerToken.Of(spec.Model);
        var pace = new Pace(time, law.SecondsPerRun, steps, state.Step);
        var lastSave = time.GetTimestamp();
        for (var step = state.Step + 1; step <= steps; step++)
        {
            if (!pace.WaitFor(step, session.Stop))
            {
                session.Checkpoints.Save(step - 1, stream => state.Write(stream, id));
                throw new OperationCanceledException(session.Stop);
            }

            var rate = spec.Training.PeakLearningRate * spec.Training.Schedule.FactorAt(step - 1, steps);
            state = state.Next(rate);
            var tokens = step * spec.Training.BatchTokens;
            var last = step == steps;
            var evaluates = last || spec.Training.Evaluation.EverySteps is { } every && step % every == 0;
            var loss = Draw(law, spec, parameters, tokens, step);
            if (evaluates || CurveSteps.Includes(step, RowsPerOctave))
            {
                session.Record(new MetricRow(
                    step,
                    tokens,
                    flops.SixN * tokens,
                    loss,
                    last ? Final(law, spec, parameters) : evaluates ? Draw(law, spec, parameters, tokens, HeldOut + step) : null,
                    rate,
                    GradientNorm: null,
                    pace.TokensPerSecond(spec.Training.BatchTokens),
                    pace.Seconds(step)));
            }

            session.Report(new RunProgress(step, steps, loss, pace.TokensPerSecond(spec.Training.BatchTokens)));
            if (!last && (session.Checkpoints.IsWanted(step) || CheckpointIsDue(session.Settings, step, lastSave)))
            {
                session.Checkpoints.Save(step, stream => state.Write(stream, id));
                lastSave = time.GetTimestamp();
            }
        }

        return new RunResult
        {
            Id = id,
            Status = RunStatus.Completed,
            Steps = steps,
            Tokens = spec.Training.Tokens,
            ValidationLoss = Final(law, spec, parameters),
            TrainLoss = MeanOfTheEnd(law, spec, parameters),
            TrainSeconds = law.SecondsPerRun,
            TokensPerSecond = law.SecondsPerRun > 0 ? spec.Training.Tokens / law.SecondsPerRun : null,
            Engine = "synthetic",
            Device = session.Settings.Device,
            WeightsHash = Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(state.Weights))),
            Inherited = state.Inherited,
        };
    }

    /// <summary>
    /// (E + A / N^alpha + B / D^beta) exp(noise g): the law at one point of the way, g drawn from the run's seeds, N and the position. Not from its budget: runs that share
    /// their beginning share its losses.
    /// </summary>
    private static double Draw(SyntheticLaw law, RunSpec spec, long parameters, long tokens, long position) =>
        law.LossAt(parameters, tokens) * Math.Exp(law.Noise * CounterNoise.Gaussian(spec.Training.Seed, spec.Training.DataSeed, parameters, position));

    /// <summary>The held-out loss after the last step; its noise is the budget's own.</summary>
    private static double Final(SyntheticLaw law, RunSpec spec, long parameters) => Draw(law, spec, parameters, spec.Training.Tokens, HeldOut ^ spec.Training.Tokens);

    private static double MeanOfTheEnd(SyntheticLaw law, RunSpec spec, long parameters)
    {
        var steps = spec.Training.Steps;
        var count = spec.Training.TailSteps;
        var sum = 0.0;
        for (var step = steps - count + 1; step <= steps; step++)
        {
            sum += Draw(law, spec, parameters, step * spec.Training.BatchTokens, step);
        }

        return sum / count;
    }

    private bool CheckpointIsDue(ExecutionSettings settings, long step, long lastSave) =>
        (settings.CheckpointEverySteps is { } steps && step % steps == 0)
        || (settings.CheckpointEvery is { } interval && time.GetElapsedTime(lastSave) >= interval);

    private static SyntheticState? Resume(IRunSession session, RunId id, double secondsPerStep)
    {
        foreach (var checkpoint in session.Checkpoints.Newest())
        {
            using var stream = checkpoint.Open();
            var state = SyntheticState.Read(stream, checkpoint.Trunk ?? id);
            return checkpoint.Trunk is { } trunk ? state with { Inherited = new Inheritance(trunk, state.Step, secondsPerStep * state.Step, null, null) } : state;
        }

        return null;
    }
}
