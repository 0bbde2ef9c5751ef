using System.Globalization;
using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Torch;
using Harness.Training.Measurement;

namespace Harness.Training.Runs;

/// <content>What a run has come to, and at what cost.</content>
internal sealed partial class TrainingRun
{
    /// <summary>The result of a run that is trained and evaluated.</summary>
    public RunResult Completed() => Result(RunStatus.Completed) with
    {
        ValidationLoss = _validation,
        TrainLoss = _progress.TailSum / _progress.TailCount,
        BytesPerToken = _tokens.Facts.BytesPerToken,
        WeightsHash = WeightsHash.Of(_engine.Weights),
    };

    /// <summary>The result of a run whose loss or gradient at a step isn't finite.</summary>
    public RunResult Diverged(long step)
    {
        _session.Log(string.Create(CultureInfo.InvariantCulture, $"diverged: the loss or gradient of step {step} is not finite; the update was not applied"));
        return Result(RunStatus.Diverged) with { DivergedAtStep = step };
    }

    private RunResult Result(RunStatus status)
    {
        var speed = TokensPerSecond();
        var flops = speed * FlopsPerToken.Of(_spec.Model).Kaplan;
        return new RunResult
        {
            Id = _id,
            Status = status,
            Steps = _progress.Step,
            Tokens = checked(_progress.Step * _training.BatchTokens),
            TrainSeconds = _progress.TrainSeconds,
            EvaluationSeconds = _progress.EvaluationSeconds,
            TokensPerSecond = speed,
            ModelFlopsUtilization = flops / MatmulPeak.FlopsPerSecond(_engine.Device, MatmulPeak.TypeOf(_training.Precision)),
            DeclaredModelFlopsUtilization = flops / DeclaredPeak.FlopsPerSecond(DeviceName.Of(_engine.Device), _training.Precision),
            PeakMemoryBytes = PeakMemory(),
            Joules = Joules(),
            Engine = string.Join(", ", new[]
            {
                $"{TorchExtensions.Capabilities.Provider} {TorchExtensions.Capabilities.LibtorchVersion}", _engine.PathName, DeviceMode.Describe(_session.Settings),
            }.OfType<string>()),
            Device = _session.Settings.Device,
            Stack = _engine.StackSize,
            Inherited = _progress.Inherited,
        };
    }

    private double? TokensPerSecond() =>
        _progress.TrainSeconds > 0 ? _progress.Step * (double)_training.BatchTokens / _progress.TrainSeconds : null;

    private double? Joules()
    {
        MeterEnergy?.Invoke();
        return _joules;
    }

    private long? PeakMemory() => DeviceMemory.Peak(_engine.Device) is { } bytes ? Math.Max(bytes, _progress.PeakMemoryBytes ?? 0) : _progress.PeakMemoryBytes;
}
