using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Harness.Core.Models;
using Harness.Core.Runs;

namespace Harness.Execution.Synthetic;

/// <summary>
/// Draws the losses of a run from <see cref="RunSpec.Synthetic"/> instead of training it. It writes rows, saves and resumes checkpoints, and obeys stops
/// like a real trainer, so that everything around a trainer can be tested in seconds, and a fit must give the law back.
/// </summary>
/// <param name="time">Measures and waits.</param>
public sealed class SyntheticTrainer(TimeProvider time) : ITrainer
{
    /// <summary>At most so many rows a run, spread evenly.</summary>
    private const int Rows = 40;

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
        var start = Resume(session);
        session.Begin(start);
        var parameters = ParameterCounts.Of(spec.Model).NonEmbedding;
        var flops = FlopsPerToken.Of(spec.Model);
        var steps = spec.Training.Steps;
        var rowEvery = Math.Max(1, steps / Rows);
        var pace = new Pace(time, law.SecondsPerRun, steps, start);
        var lastSave = time.GetTimestamp();
        for (var step = start + 1; step <= steps; step++)
        {
            if (!pace.WaitFor(step, session.Stop))
            {
                Save(session, step - 1);
                throw new OperationCanceledException(session.Stop);
            }

            var tokens = step * spec.Training.BatchTokens;
            var last = step == steps;
            var evaluates = last || spec.Training.Evaluation.EverySteps is { } every && step % every == 0;
            var loss = Draw(law, spec, parameters, tokens, step);
            if (step % rowEvery == 0 || evaluates)
            {
                session.Record(new MetricRow(
                    step,
                    tokens,
                    flops.SixN * tokens,
                    loss,
                    evaluates ? Draw(law, spec, parameters, tokens, HeldOut + (last ? 0 : step)) : null,
                    spec.Training.PeakLearningRate * spec.Training.Schedule.FactorAt(step - 1, steps),
                    GradientNorm: null,
                    pace.TokensPerSecond(spec.Training.BatchTokens),
                    pace.Seconds(step)));
            }

            session.Report(new RunProgress(step, steps, loss, pace.TokensPerSecond(spec.Training.BatchTokens)));
            if (!last && CheckpointIsDue(session.Settings, step, lastSave))
            {
                Save(session, step);
                lastSave = time.GetTimestamp();
            }
        }

        return new RunResult
        {
            Id = RunId.Of(spec),
            Status = RunStatus.Completed,
            Steps = steps,
            Tokens = spec.Training.Tokens,
            ValidationLoss = Draw(law, spec, parameters, spec.Training.Tokens, HeldOut),
            TrainLoss = MeanOfTheEnd(law, spec, parameters),
            TrainSeconds = law.SecondsPerRun,
            TokensPerSecond = law.SecondsPerRun > 0 ? spec.Training.Tokens / law.SecondsPerRun : null,
            Engine = "synthetic",
            Device = session.Settings.Device,
            WeightsHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(RunId.CanonicalForm(spec)))),
        };
    }

    /// <summary>(E + A / N^alpha + B / D^beta) exp(noise g): the law at one point, g drawn from the run's seeds, N and the position.</summary>
    private static double Draw(SyntheticLaw law, RunSpec spec, long parameters, long tokens, long position) =>
        law.LossAt(parameters, tokens)
        * Math.Exp(law.Noise * CounterNoise.Gaussian(spec.Training.Seed, spec.Training.DataSeed, parameters, position ^ spec.Training.Tokens));

    private static double MeanOfTheEnd(SyntheticLaw law, RunSpec spec, long parameters)
    {
        var steps = spec.Training.Steps;
        var count = Math.Max(1, steps / 20);
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

    /// <summary>The state is the step: a safetensors file without tensors, the step in its metadata.</summary>
    private static void Save(IRunSession session, long step) => session.Checkpoints.Save(step, stream =>
    {
        var header = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$$"""{"__metadata__":{"step":"{{{step}}}"}}"""));
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
    });

    private static long Resume(IRunSession session)
    {
        foreach (var checkpoint in session.Checkpoints.Newest())
        {
            using var stream = checkpoint.Open();
            var length = new byte[8];
            stream.ReadExactly(length);
            var header = new byte[checked((int)BinaryPrimitives.ReadInt64LittleEndian(length))];
            stream.ReadExactly(header);
            using var json = JsonDocument.Parse(header);
            var step = json.RootElement.GetProperty("__metadata__").GetProperty("step").GetString()!;
            return long.Parse(step, CultureInfo.InvariantCulture);
        }

        return 0;
    }
}
