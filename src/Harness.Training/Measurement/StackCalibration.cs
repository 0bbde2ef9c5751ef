using System.Diagnostics;
using Harness.Core.Runs;
using Harness.Training.Data;
using Harness.Training.Runs;
using Harness.Training.Steps;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Measurement;

/// <summary>
/// Times a few steps of one run and of stacks of 2, 4, 8 ... of its shape, until a larger one brings nothing more. Both sides are the best there is here: alone the step that
/// runs have, together the batched model.
/// </summary>
internal static class StackCalibration
{
    /// <summary>A stack twice as large must do at least this many times the steps a second of the smaller one.</summary>
    private const double WorthDoubling = 1.05;

    private const int MostSteps = 15;

    /// <summary>Two replays of the largest graph.</summary>
    private const int StepsOfALot = 16;

    /// <summary>Seconds after which no further step of a size is timed.</summary>
    private const double Patience = 0.25;

    /// <summary>Measures.</summary>
    /// <param name="spec">A run of the shape.</param>
    /// <param name="settings">How it would be trained.</param>
    /// <param name="device">Where.</param>
    /// <param name="most">Largest stack in question, at least 2.</param>
    /// <param name="path">Which step a run alone has.</param>
    /// <param name="tokens">The runs' data.</param>
    public static StackAdvice Measure(RunSpec spec, ExecutionSettings settings, Device device, int most, StepPath path, TokenStream tokens) =>
        Choose(most, members => SecondsPerStep(spec, settings, device, members, path, tokens));

    /// <summary>The best stack by its timings.</summary>
    /// <param name="most">Largest in question, at least 2.</param>
    /// <param name="secondsPerStep">Seconds of a step of so many runs; asked as seldom as possible.</param>
    internal static StackAdvice Choose(int most, Func<int, double> secondsPerStep)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 2);
        var alone = secondsPerStep(1);
        StackAdvice? best = null;
        for (var members = 2; members <= most; members = Next(members, most))
        {
            double together;
            try
            {
                together = secondsPerStep(members);
            }
            catch (Exception e) when (OutOfMemory.Is(e))
            {
                best ??= new StackAdvice(1, members, alone, null);
                break;
            }

            var tried = new StackAdvice(members, members, alone, together);
            if (best is not null && tried.Gain < WorthDoubling * best.Gain)
            {
                break;
            }

            best = tried;
            if (tried.Gain < 1 / StackAdvice.LeastGain)
            {
                break; // Far from paying: twice as many won't make up for it.
            }
        }

        return best! with { Members = best!.Gain >= StackAdvice.LeastGain ? best.Tried : 1 };
    }

    private static int Next(int members, int most) => members == most ? most + 1 : Math.Min(2 * members, most);

    /// <summary>Seconds of a step of all members: the quickest of a few, since what disturbs a timing only makes it longer.</summary>
    private static double SecondsPerStep(RunSpec spec, ExecutionSettings settings, Device device, int members, StepPath path, TokenStream tokens)
    {
        var (model, training) = (spec.Model, spec.Training);
        using var engine = EngineCache.Make(
            model, [.. Enumerable.Repeat(training.Optimizer, members)], training.Precision, device, training.BatchTokens / model.ContextLength,
            settings.MicroBatchSequences, batched: members > 1, path);
        if (engine.Stretch is not null || engine.Lanes is [StepEngine { Stretch: not null }])
        {
            return SecondsPerStretchedStep(new SteadySteps(engine, spec, tokens));
        }

        return SecondsPerStep(engine, model.VocabularySize, MostSteps, Patience).Min();
    }

    /// <summary>Seconds of a step where many are given to the device at once: the quickest of a few lots, after one in which a graph is captured.</summary>
    private static double SecondsPerStretchedStep(SteadySteps steps)
    {
        var begun = Stopwatch.GetTimestamp();
        steps.Take(SteadySteps.WarmUp);
        var best = double.PositiveInfinity;
        do
        {
            best = Math.Min(best, steps.Take(StepsOfALot) / StepsOfALot);
        }
        while (Stopwatch.GetElapsedTime(begun).TotalSeconds < Patience);

        return best;
    }

    /// <summary>Seconds of each timed step (batch at hand, forward, backward, clip, update) of an engine on random tokens.</summary>
    /// <param name="engine">Overwritten.</param>
    /// <param name="vocabulary">Distinct tokens.</param>
    /// <param name="mostSteps">Steps timed, at least 1, after one that isn't.</param>
    /// <param name="patience">Seconds after which no further step is timed.</param>
    internal static IReadOnlyList<double> SecondsPerStep(IStackEngine engine, int vocabulary, int mostSteps, double patience)
    {
        var count = engine.Lanes.Count;
        foreach (var (lane, index) in engine.Lanes.Select((l, i) => (l, i)))
        {
            lane.Initialize(index + 1);
            FillRandomly(lane, vocabulary, index);
        }

        var active = new bool[count];
        Array.Fill(active, true);
        var (rates, updates, outcomes) = (new double[count], new long[count], new StepOutcome[count]);
        var onCuda = engine.Lanes[0].Device.type == DeviceType.CUDA;
        var seconds = new List<double>();
        var begun = Stopwatch.GetTimestamp();
        for (var step = 0; step <= mostSteps; step++)
        {
            var start = Stopwatch.GetTimestamp();
            Array.Fill(rates, 1e-4);
            Array.Fill(updates, step + 1L);
            engine.Compute(active, outcomes);
            engine.Apply(active, rates, updates);
            if (onCuda)
            {
                cuda.synchronize(engine.Lanes[0].Device);
            }

            if (step > 0)
            {
                seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                if (Stopwatch.GetElapsedTime(begun).TotalSeconds > patience)
                {
                    break;
                }
            }
        }

        return seconds;
    }

    /// <summary>Tokens at random: the time of a step doesn't depend on them.</summary>
    private static void FillRandomly(IRunLane lane, int vocabulary, int seed)
    {
        var random = new Random(seed);
        var tokens = new int[lane.Layout.Model.ContextLength + 1];
        for (var row = 0; row < lane.BatchRows; row++)
        {
            for (var i = 0; i < tokens.Length; i++)
            {
                tokens[i] = random.Next(vocabulary);
            }

            using var window = MemoryTokens.Of(tokens);
            lane.SetRow(row, window, 0);
        }
    }
}
