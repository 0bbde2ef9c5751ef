using Harness.Core.Runs;
using Harness.Training.Data;
using Harness.Training.Runs;
using Harness.Training.Steps;
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
        return new SteadySteps(engine, spec, tokens).Timings(MostSteps, Patience).Min();
    }
}
