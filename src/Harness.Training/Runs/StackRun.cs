using System.Runtime.InteropServices;
using Harness.Core.Runs;
using Harness.Training.Measurement;
using Harness.Training.Steps;

namespace Harness.Training.Runs;

/// <summary>
/// The training loop: steps of one run or of a stack, until each has ended. Time and energy of a step are shared equally by the runs that took it. A run that ends leaves its lane
/// as it is; the others' numbers don't depend on it.
/// </summary>
internal sealed class StackRun : IDisposable
{
    private const double StretchSeconds = 0.5;

    private readonly IStackEngine _engine;
    private readonly IReadOnlyList<TrainingRun> _runs;
    private readonly Evaluation _evaluation;
    private readonly TimeProvider _clock;
    private readonly Action<int, MemberEnd> _ended;
    private readonly EnergyShare? _energy;
    private readonly DeviceTurn? _turn;
    private readonly IStretch? _stretch;
    private readonly bool[] _active;
    private double? _joulesSeen = 0;
    private int _stepsAtOnce = 4;

    /// <summary>A loop over an engine's lanes.</summary>
    /// <param name="engine">Whose lanes the runs have.</param>
    /// <param name="runs">One a lane, given this loop's <see cref="MeterEnergy"/>.</param>
    /// <param name="evaluation">Over the engine.</param>
    /// <param name="clock">Measures seconds.</param>
    /// <param name="ended">Called with a lane's number as soon as its run has ended.</param>
    /// <param name="turn">Taken together with others by every step and evaluation; null where nobody else uses the device.</param>
    public StackRun(
        IStackEngine engine, Func<StackRun, IReadOnlyList<TrainingRun>> runs, Evaluation evaluation, TimeProvider clock, Action<int, MemberEnd> ended, DeviceTurn? turn = null)
    {
        (_engine, _evaluation, _clock, _ended, _turn) = (engine, evaluation, clock, ended, turn);
        _energy = DeviceEnergy.Start(engine.Lanes[0].Device);
        _stretch = engine.Lanes is [StepEngine { Stretch: { } stretch }] ? stretch : null;
        _active = new bool[engine.Lanes.Count];
        Array.Fill(_active, true);
        _runs = runs(this);
    }

    /// <summary>Called with a lane, the number of its step (1-based) and its gradient before that is judged; for tests.</summary>
    public Action<IRunLane, long>? OnGradients { get; init; }

    /// <summary>Shares out the energy used since the last time.</summary>
    public void MeterEnergy()
    {
        var now = _energy?.Joules();
        var share = (now - _joulesSeen) / _active.Count(a => a);
        _joulesSeen = now;
        Each(_ => true, lane => _runs[lane].AddJoules(share));
    }

    /// <summary>Trains until every run has ended.</summary>
    public void Train()
    {
        Each(_ => true, lane => Guard(lane, _runs[lane].Begin));
        while (_active.Contains(true))
        {
            Each(lane => !_runs[lane].IsTrained, lane => Guard(lane, _runs[lane].ObeyStop));
            StepOutcome[] outcomes;
            using (_turn?.Together())
            {
                outcomes = OnGradients is not null ? Step()
                    : _stretch is not null ? Stretch(_stretch)
                    : _engine.Stretch is { } stretch ? Stretch(stretch)
                    : Step();
                Evaluate();
            }

            Each(_ => true, lane => Guard(lane, () => Leave(lane, outcomes[lane])));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _energy?.Dispose();

    /// <summary>One update of every run that needs one; ends those whose loss or gradient isn't finite, with their weights as they were.</summary>
    private StepOutcome[] Step()
    {
        var outcomes = new StepOutcome[_active.Length];
        var start = _clock.GetTimestamp();
        var stepping = new bool[_active.Length];
        Each(lane => !_runs[lane].IsTrained, lane =>
        {
            Guard(lane, _runs[lane].FillBatch);
            stepping[lane] = _active[lane];
        });
        if (!stepping.Contains(true))
        {
            return outcomes;
        }

        _engine.Compute(stepping, outcomes, OnGradients is null ? null : lane => OnGradients(_engine.Lanes[lane], _runs[lane].StepsDone + 1));
        var (rates, updates) = (new double[_active.Length], new long[_active.Length]);
        var count = stepping.Count(s => s);
        for (var lane = 0; lane < stepping.Length; lane++)
        {
            stepping[lane] &= outcomes[lane].IsFinite;
            (rates[lane], updates[lane]) = stepping[lane] ? (_runs[lane].Rate, _runs[lane].StepsDone + 1) : (0, 1);
        }

        _engine.Apply(stepping, rates, updates);
        var seconds = _clock.GetElapsedTime(start).TotalSeconds;
        Each(lane => !_runs[lane].IsTrained, lane =>
        {
            if (stepping[lane])
            {
                _runs[lane].Stepped(outcomes[lane], seconds / count, seconds);
            }
            else
            {
                Guard(lane, () => End(lane, new MemberEnd(_runs[lane].Diverged(_runs[lane].StepsDone + 1), null)));
            }
        });
        return outcomes;
    }

    /// <summary>Steps of the only run up to where something is due; a run whose loss or gradient isn't finite ends, with its weights as they were before that step.</summary>
    private StepOutcome[] Stretch(IStretch stretch)
    {
        if (!_active[0] || _runs[0].IsTrained)
        {
            return [default];
        }

        var start = _clock.GetTimestamp();
        var outcomes = stretch.Advance(_runs[0].StepsDone, _runs[0].StepsUntilDue(_stepsAtOnce));
        var seconds = _clock.GetElapsedTime(start).TotalSeconds / outcomes.Count;
        _stepsAtOnce = NextStretch(seconds);
        foreach (var outcome in outcomes)
        {
            if (!outcome.IsFinite)
            {
                End(0, new MemberEnd(_runs[0].Diverged(_runs[0].StepsDone + 1), null));
                return [outcome];
            }

            _runs[0].Stepped(outcome, seconds, seconds);
        }

        return [outcomes[^1]];
    }

    /// <summary>Steps of all runs up to where something is due for one of them; those whose loss or gradient isn't finite end, with their weights as they were before that step.</summary>
    private StepOutcome[] Stretch(IStackStretch stretch)
    {
        var last = new StepOutcome[_active.Length];
        var (first, stepping) = (new long[_active.Length], new bool[_active.Length]);
        var most = _stepsAtOnce;
        Each(lane => !_runs[lane].IsTrained, lane =>
        {
            (first[lane], stepping[lane]) = (_runs[lane].StepsDone, true);
            most = _runs[lane].StepsUntilDue(most);
        });
        if (!stepping.Contains(true))
        {
            return last;
        }

        var start = _clock.GetTimestamp();
        var outcomes = stretch.Advance(first, stepping, most);
        var seconds = _clock.GetElapsedTime(start).TotalSeconds / outcomes.Length;
        _stepsAtOnce = NextStretch(seconds);
        foreach (var outcome in outcomes)
        {
            var count = _active.Where((active, lane) => active && stepping[lane]).Count();
            Each(lane => stepping[lane], lane =>
            {
                last[lane] = outcome[lane];
                if (outcome[lane].IsFinite)
                {
                    _runs[lane].Stepped(outcome[lane], seconds / count, seconds);
                }
                else
                {
                    Guard(lane, () => End(lane, new MemberEnd(_runs[lane].Diverged(_runs[lane].StepsDone + 1), null)));
                }
            });
        }

        return last;
    }

    /// <summary>A stop, a report or a checkpoint by the clock comes between two stretches: not more than about half a second of steps at once.</summary>
    private int NextStretch(double secondsPerStep) => (int)Math.Clamp(StretchSeconds / Math.Max(secondsPerStep, 1e-9), 1, 2.0 * Math.Max(_stepsAtOnce, 4));

    /// <summary>The held-out losses of those runs whose turn it is.</summary>
    private void Evaluate()
    {
        var measured = new bool[_active.Length];
        Each(lane => _runs[lane].WantsEvaluation, lane => measured[lane] = true);
        if (!measured.Contains(true))
        {
            return;
        }

        var start = _clock.GetTimestamp();
        var losses = new double[_active.Length];
        _evaluation.Losses(measured, losses);
        var seconds = _clock.GetElapsedTime(start).TotalSeconds / measured.Count(m => m);
        Each(lane => measured[lane], lane => _runs[lane].Evaluated(losses[lane], seconds));
    }

    private void Leave(int lane, StepOutcome outcome)
    {
        if (_runs[lane].Leave(outcome.GradientNorm) is { } diverged)
        {
            End(lane, new MemberEnd(diverged, null));
        }
        else if (_runs[lane].IsTrained)
        {
            End(lane, new MemberEnd(_runs[lane].Completed(), null));
        }
    }

    /// <summary>Does something that is one run's own; what goes wrong there ends that run alone, unless it is memory or the device.</summary>
    private void Guard(int lane, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is not ExternalException && !OutOfMemory.Is(e))
        {
            if (_active[lane])
            {
                End(lane, new MemberEnd(null, e));
            }
            else
            {
                throw;
            }
        }
    }

    private void End(int lane, MemberEnd end)
    {
        _active[lane] = false;
        _ended(lane, end);
    }

    private void Each(Func<int, bool> which, Action<int> action)
    {
        for (var lane = 0; lane < _active.Length; lane++)
        {
            if (_active[lane] && which(lane))
            {
                action(lane);
            }
        }
    }
}
