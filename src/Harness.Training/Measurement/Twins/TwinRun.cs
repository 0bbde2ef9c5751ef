using Harness.Core.Data;
using Harness.Core.Runs;
using Harness.Core.Training;
using Harness.Training.Data;
using Harness.Training.Runs;
using Harness.Training.Steps;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Measurement.Twins;

/// <summary>An engine of the request's arm, at a constant rate over the corpus.</summary>
internal sealed class TwinRun : IDisposable
{
    private readonly TwinRequest _request;
    private readonly TokenStream _tokens;
    private readonly IStackEngine _engines;
    private readonly IStretch? _stretch;
    private long _step;

    public TwinRun(TwinRequest request, TokenStream tokens)
    {
        (_request, _tokens) = (request, tokens);
        Device = TrainingDevice.Open(request.Device);
        Members = request.Arm == TwinArm.Stack ? request.Members : 1;
        var path = request.Arm == TwinArm.Eager ? StepPath.Plain : Device.type == DeviceType.CPU ? StepPath.Device : StepPath.Fastest;
        _engines = EngineCache.Make(
            request.Model, [.. Enumerable.Repeat(OptimizerSpec.Default, Members)], request.Precision, Device, request.BatchRows, request.MicroRows, batched: true, path);
        foreach (var lane in _engines.Lanes)
        {
            lane.Initialize(1);
        }

        Order = new BatchOrder(tokens.Train.Length, request.Model.ContextLength, request.BatchRows, 1);
        if (_engines.Lanes is [StepEngine { Stretch: { } stretch }])
        {
            _stretch = stretch;
            stretch.Begin(Spec(), tokens);
        }

        _engines.Stretch?.Begin([.. Enumerable.Repeat(Spec().Training, Members)], tokens);
    }

    public Device Device { get; }

    public int Members { get; }

    public BatchOrder Order { get; }

    public StepEngine Engine => (StepEngine)_engines.Lanes[0];

    public string Name => _engines.Lanes[0].PathName;

    /// <summary>Kernels that a step launches; null where they can't be counted.</summary>
    public long? KernelsPerStep => (_stretch?.Clock ?? _engines.Stretch?.Clock)?.KernelsPerStep;

    /// <summary>Losses of the steps, of the first member.</summary>
    public double[] Advance(int steps)
    {
        var losses = new List<double>(steps);
        while (losses.Count < steps)
        {
            if (_stretch is not null)
            {
                var outcomes = _stretch.Advance(_step, steps - losses.Count);
                losses.AddRange(outcomes.Select(o => o.Loss));
                _step += outcomes.Count;
            }
            else if (_engines.Stretch is { } together)
            {
                var outcomes = together.Advance([.. Enumerable.Repeat(_step, Members)], [.. Enumerable.Repeat(true, Members)], steps - losses.Count);
                losses.AddRange(outcomes.Select(o => o[0].Loss));
                _step += outcomes.Length;
            }
            else
            {
                losses.Add(One());
            }
        }

        return [.. losses];
    }

    /// <summary>The gradient of the first batch before clipping, in the layout of the weights.</summary>
    public float[] FirstGradients()
    {
        Fill(0);
        float[]? found = null;
        Engine.Batch.Upload();
        Engine.Compute(parameters =>
        {
            using var host = parameters.Gradients.cpu();
            found = host.data<float>().ToArray();
        });
        return found!;
    }

    public void Wait()
    {
        if (Device.type == DeviceType.CUDA)
        {
            cuda.synchronize(Device);
        }
    }

    public void Dispose() => _engines.Dispose();

    private double One()
    {
        Fill(_step);
        Span<bool> active = stackalloc bool[Members];
        Span<StepOutcome> outcomes = stackalloc StepOutcome[Members];
        Span<double> rates = stackalloc double[Members];
        Span<long> updates = stackalloc long[Members];
        active.Fill(true);
        rates.Fill(_request.LearningRate);
        updates.Fill(++_step);
        _engines.Compute(active, outcomes);
        _engines.Apply(active, rates, updates);
        return outcomes[0].Loss;
    }

    private void Fill(long step)
    {
        foreach (var lane in _engines.Lanes)
        {
            for (var row = 0; row < _request.BatchRows; row++)
            {
                lane.SetRow(row, _tokens.Train, Order.OffsetOf(step, row));
            }
        }
    }

    private RunSpec Spec() => new()
    {
        Model = _request.Model,
        Data = new DataSpec { Source = DataSource.Synthetic, Tokenizer = Tokenizer.Bytes, ValidationFraction = 0.1 },
        Training = new TrainingSpec
        {
            Steps = long.MaxValue >> 20,
            BatchTokens = _request.BatchRows * _request.Model.ContextLength,
            PeakLearningRate = _request.LearningRate,
            Schedule = new ConstantSchedule { WarmupSteps = 0 },
            Optimizer = OptimizerSpec.Default,
            Precision = _request.Precision,
            Seed = 1,
            DataSeed = 1,
            Evaluation = new EvaluationSpec(_request.Model.ContextLength, null),
        },
    };
}
