using System.Globalization;
using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;
using Harness.Training.Checkpoints;
using Harness.Training.Data;
using Harness.Training.Steps;

namespace Harness.Training.Runs;

/// <summary>
/// One attempt at one run, but for the steps themselves: where it begins, what each step leaves (sums, rows, checkpoints, reports), and the result. <see cref="StackRun"/>
/// drives it, alone or with others.
/// </summary>
internal sealed partial class TrainingRun
{
    private readonly RunId _id;
    private readonly RunSpec _spec;
    private readonly TrainingSpec _training;
    private readonly IRunSession _session;
    private readonly TokenStream _tokens;
    private readonly IRunLane _engine;
    private readonly TimeProvider _clock;
    private readonly BatchOrder _order;
    private readonly double _flopsPerToken;

    private TrainingProgress _progress = new();
    private double? _joules = 0;
    private double? _validation;
    private double _rowSeconds;
    private long _rowStart;
    private long _lastSave;
    private long _lastReport;
    private double? _pace;

    /// <summary>An attempt; what <paramref name="engine"/> holds is overwritten.</summary>
    public TrainingRun(RunId id, RunSpec spec, IRunSession session, TokenStream tokens, IRunLane engine, TimeProvider clock)
    {
        (_id, _spec, _training, _session, _tokens, _engine, _clock) = (id, spec, spec.Training, session, tokens, engine, clock);
        _order = new BatchOrder(tokens.Train.Length, spec.Model.ContextLength, engine.BatchRows, spec.Training.DataSeed);
        _flopsPerToken = FlopsPerToken.Of(spec.Model).SixN;
    }

    /// <summary>Called before joules are read: whoever meters shares out what was used since.</summary>
    public Action? MeterEnergy { get; init; }

    /// <summary>Optimizer steps done.</summary>
    public long StepsDone => _progress.Step;

    /// <summary>Optimizer steps still to do.</summary>
    public long StepsLeft => _training.Steps - _progress.Step;

    /// <summary>Whether the run stands where it has left a row, or where this attempt began.</summary>
    public bool IsAtRow => _progress.Step == _rowStart;

    /// <summary>Whether all steps are done.</summary>
    public bool IsTrained => _progress.Step >= _training.Steps;

    /// <summary>Whether the held-out loss is due after the latest step, or is still needed for the result.</summary>
    public bool WantsEvaluation => MetricCadence.Evaluates(_training, _progress.Step);

    /// <summary>The next step's learning rate.</summary>
    public double Rate => RateOf(_progress.Step);

    /// <summary>Loads the newest good checkpoint or the seed's weights, and begins.</summary>
    public void Begin()
    {
        if (Resumption.Load(_session, _engine, _id, _training.Steps) is { } progress)
        {
            (_progress, _joules) = (progress, progress.Joules);
        }
        else
        {
            _engine.Initialize(_training.Seed);
        }

        _session.Begin(_progress.Step);
        _rowStart = _progress.Step;
        _lastSave = _lastReport = _clock.GetTimestamp();
    }

    /// <summary>Saves and throws if the session asked to stop.</summary>
    /// <exception cref="OperationCanceledException">It did.</exception>
    public void ObeyStop()
    {
        if (_session.Stop.IsCancellationRequested)
        {
            Save();
            throw new OperationCanceledException("stopped after a checkpoint", _session.Stop);
        }
    }

    /// <summary>Steps from here to the next that leaves a row, a checkpoint or the result, itself counted; at most <paramref name="most"/>.</summary>
    public int StepsUntilDue(int most)
    {
        var count = 1;
        while (count < most && !IsDue(_progress.Step + count))
        {
            count++;
        }

        return count;

        bool IsDue(long done) => done >= _training.Steps
            || MetricCadence.Records(_training, done)
            || _session.Checkpoints.IsWanted(done)
            || (_session.Settings.CheckpointEverySteps is { } every && done % every == 0);
    }

    /// <summary>Says that it goes on in a smaller stack.</summary>
    /// <param name="staying">Runs that go on, this one included.</param>
    /// <param name="ended">Runs that don't.</param>
    public void LogPacking(int staying, int ended) => _session.Log(string.Create(
        CultureInfo.InvariantCulture,
        $"stack: {staying} {(staying == 1 ? "run goes" : "runs go")} on without {ended} that {(ended == 1 ? "has" : "have")} ended, from step {_progress.Step}"));

    /// <summary>Reads the next step's windows into the lane's batch.</summary>
    public void FillBatch()
    {
        for (var row = 0; row < _engine.BatchRows; row++)
        {
            _engine.SetRow(row, _tokens.Train, _order.OffsetOf(_progress.Step, row));
        }
    }

    /// <summary>Counts a step whose update was applied.</summary>
    /// <param name="outcome">What it found.</param>
    /// <param name="seconds">This run's share of its seconds.</param>
    /// <param name="wallSeconds">All of its seconds.</param>
    public void Stepped(StepOutcome outcome, double seconds, double wallSeconds)
    {
        var done = _progress.Step + 1;
        _rowSeconds += seconds;
        _pace = wallSeconds / seconds;
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
        _validation = null;
    }

    /// <summary>Takes the held-out loss after the latest step.</summary>
    /// <param name="loss">Nats a token; may not be finite.</param>
    /// <param name="seconds">This run's share of the measurement's seconds.</param>
    public void Evaluated(double loss, double seconds)
    {
        _validation = loss;
        _progress = _progress with { EvaluationSeconds = _progress.EvaluationSeconds + seconds };
    }

    /// <summary>Adds a share of the energy used; null makes the sum unknown for good.</summary>
    public void AddJoules(double? joules) => _joules += joules;

    /// <summary>Writes what the latest step leaves: a row, a checkpoint, a report, where they are due.</summary>
    /// <param name="gradientNorm">Of the latest step.</param>
    /// <returns>The result if the held-out loss is not finite, else null.</returns>
    public RunResult? Leave(double gradientNorm)
    {
        if (_validation is { } loss && !double.IsFinite(loss))
        {
            return Diverged(_progress.Step);
        }

        if (_progress.LossCount > 0 && MetricCadence.Records(_training, _progress.Step))
        {
            Record(_validation, gradientNorm);
        }

        SaveIfDue();
        ReportIfDue();
        return null;
    }

    private double RateOf(long step) => _training.PeakLearningRate * _training.Schedule.FactorAt(step, _training.Steps);

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

    private void SaveIfDue()
    {
        var settings = _session.Settings;
        var due = _session.Checkpoints.IsWanted(_progress.Step)
            || (settings.CheckpointEverySteps is { } every && _progress.Step % every == 0)
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
            _session.Report(new RunProgress(_progress.Step, _training.Steps, _progress.LastLoss, TokensPerSecond() / _pace));
        }
    }
}
