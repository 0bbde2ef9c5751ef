using System.Globalization;
using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;
using Harness.Torch;
using Harness.Training.Checkpoints;
using Harness.Training.Data;
using Harness.Training.Measurement;
using Harness.Training.Models;
using Harness.Training.Steps;

namespace Harness.Training.Runs;

/// <summary>One attempt at one run: resume, step, measure, save, and the result at the end.</summary>
internal sealed class TrainingRun
{
    private readonly RunId _id;
    private readonly RunSpec _spec;
    private readonly TrainingSpec _training;
    private readonly IRunSession _session;
    private readonly TokenStream _tokens;
    private readonly StepEngine _engine;
    private readonly TimeProvider _clock;
    private readonly BatchOrder _order;
    private readonly Evaluation _evaluation;
    private readonly EnergyMeter? _energy = EnergyMeter.Start();
    private readonly double _flopsPerToken;

    private TrainingProgress _progress = new();
    private double? _joulesBefore = 0;
    private double _rowSeconds;
    private long _rowStart;
    private long _lastSave;
    private long _lastReport;

    /// <summary>An attempt; <paramref name="engine"/> is overwritten.</summary>
    public TrainingRun(RunId id, RunSpec spec, IRunSession session, TokenStream tokens, StepEngine engine, TimeProvider clock)
    {
        (_id, _spec, _training, _session, _tokens, _engine, _clock) = (id, spec, spec.Training, session, tokens, engine, clock);
        _order = new BatchOrder(tokens.Train.Length, spec.Model.ContextLength, engine.Batch.Rows, spec.Training.DataSeed);
        _evaluation = new Evaluation(spec, tokens, engine);
        _flopsPerToken = FlopsPerToken.Of(spec.Model).SixN;
    }

    /// <summary>See <see cref="TorchTrainer.OnGradients"/>.</summary>
    public Action<long, FlatParameters>? OnGradients { get; init; }

    /// <summary>Trains to the end.</summary>
    public RunResult Train()
    {
        TorchExtensions.ResetPeakMemory();
        Resume();
        _session.Begin(_progress.Step);
        _rowStart = _progress.Step;
        _lastSave = _lastReport = _clock.GetTimestamp();
        double? validation = null;
        while (_progress.Step < _training.Steps)
        {
            if (_session.Stop.IsCancellationRequested)
            {
                Save();
                throw new OperationCanceledException("stopped after a checkpoint", _session.Stop);
            }

            if (Step() is not { } outcome)
            {
                return Diverged(_progress.Step + 1);
            }

            if (MetricCadence.Records(_training, _progress.Step))
            {
                validation = MetricCadence.Evaluates(_training, _progress.Step) ? Evaluate() : null;
                if (validation is { } loss && !double.IsFinite(loss))
                {
                    return Diverged(_progress.Step);
                }

                Record(validation, outcome.GradientNorm);
            }

            SaveIfDue();
            ReportIfDue();
        }

        return Result(RunStatus.Completed) with
        {
            ValidationLoss = validation ?? Evaluate(),
            TrainLoss = _progress.TailSum / _progress.TailCount,
            BytesPerToken = _tokens.Facts.BytesPerToken,
            WeightsHash = WeightsHash.Of(_engine.Parameters),
        };
    }

    /// <summary>One update; null if loss or gradient isn't finite, with the weights as they were.</summary>
    private StepOutcome? Step()
    {
        var start = _clock.GetTimestamp();
        for (var row = 0; row < _engine.Batch.Rows; row++)
        {
            _engine.Batch.SetRow(row, _tokens.Train, _order.OffsetOf(_progress.Step, row));
        }

        _engine.Batch.Upload();
        var done = _progress.Step + 1;
        var outcome = _engine.Compute(OnGradients is null ? null : parameters => OnGradients(done, parameters));
        if (!outcome.IsFinite)
        {
            return null;
        }

        _engine.Apply(RateOf(_progress.Step), done);
        var seconds = _clock.GetElapsedTime(start).TotalSeconds;
        _rowSeconds += seconds;
        var inTail = MetricCadence.InTail(_training, done);
        _progress = _progress with
        {
            Step = done,
            LossSum = _progress.LossSum + outcome.Loss,
            LossCount = _progress.LossCount + 1,
            TailSum = _progress.TailSum + (inTail ? outcome.Loss : 0),
            TailCount = _progress.TailCount + (inTail ? 1 : 0),
            LastLoss = outcome.Loss,
            TrainSeconds = _progress.TrainSeconds + seconds,
        };
        return outcome;
    }

    private double RateOf(long step) => _training.PeakLearningRate * _training.Schedule.FactorAt(step, _training.Steps);

    private double Evaluate()
    {
        var start = _clock.GetTimestamp();
        var loss = _evaluation.Loss();
        _progress = _progress with { EvaluationSeconds = _progress.EvaluationSeconds + _clock.GetElapsedTime(start).TotalSeconds };
        return loss;
    }

    private void Record(double? validation, double gradientNorm)
    {
        var tokens = checked(_progress.Step * _training.BatchTokens);
        _session.Record(new MetricRow(
            _progress.Step,
            tokens,
            _flopsPerToken * tokens,
            _progress.LossSum / _progress.LossCount,
            validation,
            RateOf(_progress.Step - 1),
            gradientNorm,
            _rowSeconds > 0 ? (_progress.Step - _rowStart) * _training.BatchTokens / _rowSeconds : null,
            _progress.TrainSeconds));
        _progress = _progress with { LossSum = 0, LossCount = 0 };
        _rowSeconds = 0;
        _rowStart = _progress.Step;
    }

    private void Resume()
    {
        var refusals = new List<string>();
        foreach (var stored in _session.Checkpoints.Newest())
        {
            try
            {
                using var stream = stored.Open();
                _progress = CheckpointFile.Read(stream, stored.Length, _engine, _id);
                _joulesBefore = _progress.Joules;
                _session.Log(string.Create(CultureInfo.InvariantCulture, $"resumed after step {_progress.Step} of {_training.Steps}"));
                return;
            }
            catch (CheckpointException e)
            {
                refusals.Add(string.Create(CultureInfo.InvariantCulture, $"checkpoint of step {stored.Step}: {e.Message}"));
                _session.Log(refusals[^1]);
            }
        }

        if (refusals.Count > 0)
        {
            throw new RunFailedException(FailureCause.CheckpointsDamaged,
                "no stored checkpoint can be used, and starting over would hide that. Move them away to begin again. " + string.Join(" ", refusals));
        }

        _engine.Initialize(_training.Seed);
    }

    private void SaveIfDue()
    {
        var settings = _session.Settings;
        var due = (settings.CheckpointEverySteps is { } every && _progress.Step % every == 0)
            || (settings.CheckpointEvery is { } period && _clock.GetElapsedTime(_lastSave) >= period);
        if (due && _progress.Step < _training.Steps)
        {
            Save();
        }
    }

    private void Save()
    {
        _progress = _progress with { Joules = Joules(), PeakMemoryBytes = PeakMemory() };
        _session.Checkpoints.Save(_progress.Step, stream =>
            CheckpointFile.Write(stream, _engine, _progress, _id, checked(_progress.Step * _training.BatchTokens)));
        _lastSave = _clock.GetTimestamp();
    }

    private void ReportIfDue()
    {
        if (_clock.GetElapsedTime(_lastReport) >= TimeSpan.FromSeconds(1) || _progress.Step == _training.Steps)
        {
            _lastReport = _clock.GetTimestamp();
            _session.Report(new RunProgress(_progress.Step, _training.Steps, _progress.LastLoss, TokensPerSecond()));
        }
    }

    private RunResult Diverged(long step)
    {
        _session.Log(string.Create(CultureInfo.InvariantCulture, $"diverged: the loss or gradient of step {step} is not finite; the update was not applied"));
        return Result(RunStatus.Diverged) with { DivergedAtStep = step };
    }

    private RunResult Result(RunStatus status)
    {
        var speed = TokensPerSecond();
        var peak = MatmulPeak.FlopsPerSecond(
            _engine.Parameters.Device, _training.Precision == Precision.Bf16 ? TorchSharp.torch.ScalarType.BFloat16 : TorchSharp.torch.ScalarType.Float32);
        return new RunResult
        {
            Id = _id,
            Status = status,
            Steps = _progress.Step,
            Tokens = checked(_progress.Step * _training.BatchTokens),
            TrainSeconds = _progress.TrainSeconds,
            EvaluationSeconds = _progress.EvaluationSeconds,
            TokensPerSecond = speed,
            ModelFlopsUtilization = speed * FlopsPerToken.Of(_spec.Model).Kaplan / peak,
            PeakMemoryBytes = PeakMemory(),
            Joules = Joules(),
            Engine = $"{TorchExtensions.Capabilities.Provider} {TorchExtensions.Capabilities.LibtorchVersion}, {_engine.PathName}",
            Device = _session.Settings.Device,
        };
    }

    private double? TokensPerSecond() =>
        _progress.TrainSeconds > 0 ? _progress.Step * (double)_training.BatchTokens / _progress.TrainSeconds : null;

    private double? Joules() => _joulesBefore + _energy?.Joules();

    private long? PeakMemory() => TorchExtensions.PeakMemoryBytes() is { } bytes ? Math.Max(bytes, _progress.PeakMemoryBytes ?? 0) : _progress.PeakMemoryBytes;
}
