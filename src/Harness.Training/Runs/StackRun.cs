using Harness.Core.Runs;
using Harness.Training.Measurement;
using Harness.Training.Steps;

namespace Harness.Training.Runs;

/// <summary>
/// The training loop: steps of one run or of a stack, until each has ended. Time and energy of a step are shared equally by the runs that took it. A run that ends leaves its lane
/// as it is, and the others' numbers don't depend on it; where its lane goes on costing them time, they leave it behind.
/// </summary>
internal sealed class StackRun : IDisposable
{
    private const double StretchSeconds = 0.5;

    private readonly IStackEngine _engine;
    private readonly LiveRuns _runs;
    private readonly Evaluation _evaluation;
    private readonly TimeProvider _clock;
    private readonly EnergyShare? _energy;
    private readonly DeviceTurn? _turn;
    private double? _joulesSeen = 0;
    private int _stepsAtOnce = 4;

    /// <summary>A loop over an engine's lanes.</summary>
    /// <param name="engine">Whose lanes the runs have.</param>
    /// <param name="runs">One a lane, given this loop's <see cref="MeterEnergy"/>.</param>
    /// <param name="evaluation">Over the engine.</param>
    /// <param name="clock">Measures seconds.</param>
    /// <param name="ended">Called with a run's number as soon as it has ended.</param>
    /// <param name="turn">Taken together with others by every step and evaluation; null where nobody else uses the device.</param>
    public StackRun(
        IStackEngine engine, Func<StackRun, IReadOnlyList<TrainingRun>> runs, Evaluation evaluation, TimeProvider clock, Action<int, MemberEnd> ended, DeviceTurn? turn = null)
    {
        (_engine, _evaluation, _clock, _turn) = (engine, evaluation, clock, turn);
        _energy = DeviceEnergy.Start(engine.Lanes[0].Device);
        _runs = new LiveRuns(runs(this), ended);
    }

    /// <summary>Called with a lane, the number of its step (1-based) and its gradient before that is judged; for tests.</summary>
    public Action<IRunLane, long>? OnGradients { get; init; }

    /// <summary>Shares out the energy used since the last time.</summary>
    public void MeterEnergy()
    {
        var now = _energy?.Joules();
        var share = (now - _joulesSeen) / _runs.Count;
        _joulesSeen = now;
        _runs.Each(lane => _runs[lane].AddJoules(share));
    }

    /// <summary>Trains until every run has ended.</summary>
    public void Train()
    {
        _runs.Each(lane => _runs.Guard(lane, run => run.Begin()));
        while (_runs.Any)
        {
            _runs.Each(run => !run.IsTrained, lane => _runs.Guard(lane, run => run.ObeyStop()));
            LeaveEndedBehind();
            StepOutcome[] outcomes;
            using (_turn?.Together())
            {
                outcomes = OnGradients is not null ? Step()
                    : _engine.Stretch is { } stretch ? Stretch(stretch)
                    : Step();
                Evaluate();
            }

            _runs.Each(lane => _runs.Guard(lane, run => Leave(lane, run, outcomes[lane])));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _energy?.Dispose();

    /// <summary>
    /// The live runs go on by themselves once the steps that the ended ones would still cost are more than it takes to pack the stack anew. Not by the clock, and only where the first of them has
    /// just left a row: what a repetition of the same runs does at the same step gives the same bits.
    /// </summary>
    private void LeaveEndedBehind()
    {
        var ended = _runs.Lanes - _runs.Count;
        if (ended == 0 || !_runs.Any || _engine.StepsOfPacking is not { } price)
        {
            return;
        }

        var (left, atRow) = (0L, (bool?)null);
        _runs.Each(lane => (left, atRow) = (Math.Max(left, _runs[lane].StepsLeft), atRow ?? _runs[lane].IsAtRow));
        if (atRow == true && left * (double)ended / _runs.Lanes > price)
        {
            using var alone = _turn?.Alone(); // a graph that is freed waits for the whole device
            _engine.Keep(_runs.IsLive);
            _runs.Pack();
            _runs.Each(lane => _runs.Guard(lane, run => run.LogPacking(_runs.Lanes, ended)));
        }
    }

    /// <summary>One update of every run that needs one; ends those whose loss or gradient isn't finite, with their weights as they were.</summary>
    private StepOutcome[] Step()
    {
        var outcomes = new StepOutcome[_runs.Lanes];
        var start = _clock.GetTimestamp();
        var stepping = new bool[_runs.Lanes];
        _runs.Each(run => !run.IsTrained, lane =>
        {
            _runs.Guard(lane, run => run.FillBatch());
            stepping[lane] = _runs.IsLive[lane];
        });
        if (!stepping.Contains(true))
        {
            return outcomes;
        }

        _engine.Compute(stepping, outcomes, OnGradients is null ? null : lane => OnGradients(_engine.Lanes[lane], _runs[lane].StepsDone + 1));
        var (rates, updates) = (new double[stepping.Length], new long[stepping.Length]);
        var count = stepping.Count(s => s);
        for (var lane = 0; lane < stepping.Length; lane++)
        {
            stepping[lane] &= outcomes[lane].IsFinite;
            (rates[lane], updates[lane]) = stepping[lane] ? (_runs[lane].Rate, _runs[lane].StepsDone + 1) : (0, 1);
        }

        _engine.Apply(stepping, rates, updates);
        var seconds = _clock.GetElapsedTime(start).TotalSeconds;
        _runs.Each(run => !run.IsTrained, lane => Count(lane, outcomes[lane], seconds / count, seconds));
        return outcomes;
    }

    /// <summary>Steps of all runs up to where something is due for one of them; those whose loss or gradient isn't finite end, with their weights as they were before that step.</summary>
    private StepOutcome[] Stretch(IStretch stretch)
    {
        var last = new StepOutcome[_runs.Lanes];
        var (first, most) = (new long[_runs.Lanes], _stepsAtOnce);
        var stepping = _runs.Where(run => !run.IsTrained);
        if (!stepping.Contains(true))
        {
            return last;
        }

        _runs.Each(run => !run.IsTrained, lane =>
        {
            first[lane] = _runs[lane].StepsDone;
            most = _runs[lane].StepsUntilDue(most);
        });
        var start = _clock.GetTimestamp();
        var outcomes = stretch.Advance(first, stepping, most);
        var seconds = _clock.GetElapsedTime(start).TotalSeconds / outcomes.Length;
        _stepsAtOnce = NextStretch(seconds);
        foreach (var outcome in outcomes)
        {
            var count = stepping.Where((steps, lane) => steps && _runs.IsLive[lane]).Count();
            for (var lane = 0; lane < stepping.Length; lane++)
            {
                if (stepping[lane] && _runs.IsLive[lane])
                {
                    last[lane] = outcome[lane];
                    Count(lane, outcome[lane], seconds / count, seconds);
                }
            }
        }

        return last;
    }

    /// <summary>Counts a run's step, or ends the run where the step wasn't finite.</summary>
    private void Count(int lane, StepOutcome outcome, double seconds, double wallSeconds)
    {
        if (outcome.IsFinite)
        {
            _runs[lane].Stepped(outcome, seconds, wallSeconds);
        }
        else
        {
            _runs.Guard(lane, run => _runs.End(lane, run.Diverged(run.StepsDone + 1)));
        }
    }

    /// <summary>A stop, a report or a checkpoint by the clock comes between two stretches: not more than about half a second of steps at once.</summary>
    private int NextStretch(double secondsPerStep) => (int)Math.Clamp(StretchSeconds / Math.Max(secondsPerStep, 1e-9), 1, 2.0 * Math.Max(_stepsAtOnce, 4));

    /// <summary>The held-out losses of those runs whose turn it is.</summary>
    private void Evaluate()
    {
        var measured = _runs.Where(run => run.WantsEvaluation);
        if (!measured.Contains(true))
        {
            return;
        }

        var start = _clock.GetTimestamp();
        var losses = new double[measured.Length];
        _evaluation.Losses(measured, losses);
        var seconds = _clock.GetElapsedTime(start).TotalSeconds / measured.Count(m => m);
        _runs.Each(lane =>
        {
            if (measured[lane])
            {
                _runs[lane].Evaluated(losses[lane], seconds);
            }
        });
    }

    private void Leave(int lane, TrainingRun run, StepOutcome outcome)
    {
        if (run.Leave(outcome.GradientNorm) is { } diverged)
        {
            _runs.End(lane, diverged);
        }
        else if (run.IsTrained)
        {
            _runs.End(lane, run.Completed());
        }
    }
}
