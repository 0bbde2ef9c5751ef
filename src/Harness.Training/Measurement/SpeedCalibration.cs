using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;

namespace Harness.Training.Measurement;

/// <summary>
/// Tells how fast models train here, from a few real steps of a few models. Each model that it times costs a fraction of a second; all others
/// follow by interpolation of log seconds a token over log FLOPs a token. Kept in memory for the process's life.
/// </summary>
public sealed class SpeedCalibration : ISpeedEstimator
{
    /// <summary>Models timed; beyond these, estimates are interpolated.</summary>
    private const int MostMeasurements = 4;

    /// <summary>A model that needs no more than this factor more or fewer FLOPs than a timed one isn't timed itself.</summary>
    private const double CloseEnough = 1.5;

    private readonly ExecutionSettings _settings;
    private readonly Func<ModelSpec, TrainingSpec, double> _measure;
    private readonly SortedList<double, double> _secondsPerToken = [];
    private readonly Dictionary<(ModelSpec, int, Precision), double?> _known = [];

    /// <summary>A calibration for workers with these settings; nothing is measured before the first question.</summary>
    public SpeedCalibration(ExecutionSettings settings) : this(settings, null)
    {
    }

    internal SpeedCalibration(ExecutionSettings settings, Func<ModelSpec, TrainingSpec, double>? measure)
    {
        _settings = settings;
        _measure = measure ?? Measure;
    }

    /// <inheritdoc/>
    public double? TokensPerSecond(ModelSpec model, TrainingSpec training)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        var key = (model, training.BatchTokens, training.Precision);
        if (!_known.TryGetValue(key, out var speed))
        {
            _known[key] = speed = Estimate(model, training);
        }

        return speed;
    }

    private double? Estimate(ModelSpec model, TrainingSpec training)
    {
        var flops = Work(model);
        var isNew = !_secondsPerToken.Keys.Any(known => Math.Max(known / flops, flops / known) < CloseEnough);
        if (isNew && _secondsPerToken.Count < MostMeasurements)
        {
            try
            {
                _secondsPerToken.Add(flops, 1 / _measure(model, training));
            }
            catch (RunFailedException)
            {
                return null; // no such device here: there is nothing to estimate
            }
        }

        return 1 / Interpolate(flops);
    }

    /// <summary>FLOPs that a token's step needs, the head included: it dominates small models, and 6N leaves it out.</summary>
    private static double Work(ModelSpec model) => FlopsPerToken.Of(model).Kaplan + 6.0 * model.VocabularySize * model.ModelDim;

    private double Interpolate(double flops)
    {
        var (x, y) = (_secondsPerToken.Keys, _secondsPerToken.Values);
        if (x.Count == 1 || flops <= x[0])
        {
            return y[0] * (flops <= x[0] ? Math.Pow(flops / x[0], x.Count == 1 ? 1 : Slope(0)) : flops / x[0]);
        }

        var last = x.Count - 1;
        if (flops >= x[last])
        {
            return y[last] * flops / x[last]; // large models run at the device's speed: time in proportion to work
        }

        var i = 0;
        while (x[i + 1] < flops)
        {
            i++;
        }

        return y[i] * Math.Pow(flops / x[i], Slope(i));

        double Slope(int at) => Math.Log(y[at + 1] / y[at]) / Math.Log(x[at + 1] / x[at]);
    }

    private double Measure(ModelSpec model, TrainingSpec training)
    {
        // One micro-batch of the real shape; enough steps to see past the first ones, few enough to stay below a second or two.
        var rows = Math.Max(1, training.BatchTokens / model.ContextLength);
        var work = Work(model) * rows * model.ContextLength;
        var steps = (int)Math.Clamp(2e10 / work, 3, 20);
        return StepBenchmark.Run(new StepBenchmarkRequest
        {
            Model = model,
            BatchRows = work > 2e11 ? Math.Max(1, (int)(rows * 2e11 / work)) : rows,
            MicroRows = _settings.MicroBatchSequences,
            Steps = steps,
            WarmupSteps = 2,
            Threads = _settings.Threads,
            Device = _settings.Device,
            Precision = training.Precision,
        }).TokensPerSecond;
    }
}
