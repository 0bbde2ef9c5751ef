using System.Diagnostics;
using Harness.Core.Runs;
using Harness.Training.Data;
using Harness.Training.Steps;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Measurement;

/// <summary>
/// An engine that takes steps against the clock as a run would: many at a time where the device is driven so, timed by the device's own clock from the first to the last; one by one
/// elsewhere. Single steps of a device have no time of their own: what one costs shows only in many.
/// </summary>
internal sealed class SteadySteps
{
    /// <summary>Steps before the clock counts: those that libraries settle in, and those in which a graph is captured.</summary>
    public const int WarmUp = 12;

    /// <summary>Two replays of the largest graph.</summary>
    private const int StepsOfALot = 16;

    private readonly IStackEngine _engine;
    private readonly RunSpec _spec;
    private readonly bool[] _active;
    private long _step;

    /// <summary>Begins, with weights of some seeds.</summary>
    /// <param name="engine">Overwritten, not disposed.</param>
    /// <param name="spec">A run of its shape; every member trains it.</param>
    /// <param name="tokens">Its data.</param>
    public SteadySteps(IStackEngine engine, RunSpec spec, TokenStream tokens)
    {
        (_engine, _spec) = (engine, spec);
        _active = new bool[engine.Lanes.Count];
        Array.Fill(_active, true);
        var order = new BatchOrder(tokens.Train.Length, spec.Model.ContextLength, engine.Lanes[0].BatchRows, spec.Training.DataSeed);
        foreach (var (lane, index) in engine.Lanes.Select((l, i) => (l, i)))
        {
            lane.Initialize(index + 1);
            for (var row = 0; row < lane.BatchRows; row++)
            {
                lane.SetRow(row, tokens.Train, order.OffsetOf(0, row));
            }
        }

        engine.Stretch?.Begin([.. Enumerable.Repeat(spec.Training, engine.Lanes.Count)], tokens);
        engine.Stretch?.Clock.Start();
    }

    /// <summary>Whether many steps are asked for at once.</summary>
    public bool AreMany => _engine.Stretch is not null;

    /// <summary>Steps of one timing: one, or where many are asked for at once a lot.</summary>
    public int StepsOfATiming => AreMany ? StepsOfALot : 1;

    /// <summary>Mean seconds of a step of each of several timings, after a warm-up.</summary>
    /// <param name="mostSingle">Timings at most where each is of a single step; at least 1.</param>
    /// <param name="patience">Seconds, the warm-up included, after which no further timing begins.</param>
    public List<double> Timings(int mostSingle, double patience)
    {
        var begun = Stopwatch.GetTimestamp();
        var seconds = new List<double>();
        Take(AreMany ? WarmUp : 1);
        do
        {
            seconds.Add(Take(StepsOfATiming) / StepsOfATiming);
        }
        while ((AreMany || seconds.Count < mostSingle) && Stopwatch.GetElapsedTime(begun).TotalSeconds < patience);

        return seconds;
    }

    /// <summary>Takes steps and gives their seconds: the device's where it has a clock, else the host's with the waiting at both ends.</summary>
    public double Take(int count)
    {
        var seconds = 0.0;
        for (var taken = 0; taken < count;)
        {
            // A run's schedule has only so many steps; time doesn't depend on which is taken.
            _step = _step >= _spec.Training.Steps ? 0 : _step;
            var most = (int)Math.Min(count - taken, _spec.Training.Steps - _step);
            var start = Stopwatch.GetTimestamp();
            var done = _engine.Stretch is { } stretch ? stretch.Advance([.. _active.Select(_ => _step)], _active, most).Length : One();
            seconds += _engine.Stretch?.Clock.Seconds ?? Stopwatch.GetElapsedTime(start).TotalSeconds;
            taken += done;
            _step += done;
        }

        return seconds;
    }

    private int One()
    {
        var outcomes = new StepOutcome[_active.Length];
        _engine.Compute(_active, outcomes);
        _engine.Apply(_active, [.. _active.Select(_ => 1e-4)], [.. _active.Select(_ => _step + 1)]);
        if (_engine.Lanes[0].Device.type == DeviceType.CUDA)
        {
            cuda.synchronize(_engine.Lanes[0].Device);
        }

        return 1;
    }
}
