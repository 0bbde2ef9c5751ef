using Harness.Core.Runs;
using Harness.Core.Training;
using Harness.Training.Data;
using Harness.Training.Models;
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
        _engines.Stretch?.Begin([.. Enumerable.Repeat(Spec().Training, Members)], tokens);
    }

    public Device Device { get; }

    public int Members { get; }

    public BatchOrder Order { get; }

    /// <summary>Weights and gradients of all members behind one another.</summary>
    public FlatParameters Parameters => _engines is BatchedStack stack ? stack.Packed.Parameters : ((StepEngine)_engines.Lanes[0]).Parameters;

    /// <summary>Where each parameter of a member lies.</summary>
    public ParameterLayout Layout => _engines.Lanes[0].Layout;

    /// <summary>Seconds in which the host did nothing but wait for steps, so far.</summary>
    public double WaitSeconds { get; private set; }

    public string Name => _engines.Lanes[0].PathName;

    /// <summary>Kernels that a step launches; null where they can't be counted.</summary>
    public long? KernelsPerStep => _engines.Stretch?.Clock.KernelsPerStep;

    /// <summary>Losses of the steps, of the first member.</summary>
    public double[] Advance(int steps)
    {
        var losses = new List<double>(steps);
        while (losses.Count < steps)
        {
            if (_engines.Stretch is { } together)
            {
                var outcomes = together.Advance([.. Enumerable.Repeat(_step, Members)], [.. Enumerable.Repeat(true, Members)], steps - losses.Count);
                losses.AddRange(outcomes.Select(o => o[0].Loss));
                _step += outcomes.Length;
                WaitSeconds += together.Clock.WaitSeconds;
            }
            else
            {
                losses.Add(One());
            }
        }

        return [.. losses];
    }

    /// <summary>The gradient of the next batch before clipping, of the first member, in the layout of the weights: by the very operations that are timed, driven one by one. Takes the step.</summary>
    public float[] NextGradients()
    {
        float[]? found = null;
        void Look() => found = Parameters.ReadGradients()[..(int)Layout.Length];
        if (_engines.Stretch is { } together)
        {
            together.OnGradients = Look;
            Advance(1);
            together.OnGradients = null;
        }
        else
        {
            One(lane =>
            {
                if (lane == 0)
                {
                    Look();
                }
            });
        }

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

    private double One(Action<int>? onGradients = null)
    {
        Fill(_step);
        Span<bool> active = stackalloc bool[Members];
        Span<StepOutcome> outcomes = stackalloc StepOutcome[Members];
        Span<double> rates = stackalloc double[Members];
        Span<long> updates = stackalloc long[Members];
        active.Fill(true);
        rates.Fill(_request.LearningRate);
        updates.Fill(++_step);
        _engines.Compute(active, outcomes, onGradients);
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

    private RunSpec Spec() => EndlessRun.Of(_request.Model, _request.BatchRows, _request.Precision, _request.LearningRate);
}
