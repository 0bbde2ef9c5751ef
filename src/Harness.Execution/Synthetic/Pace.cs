namespace Harness.Execution.Synthetic;

/// <summary>Spreads a run's pretended seconds over its steps.</summary>
/// <param name="time">Measures and waits.</param>
/// <param name="secondsPerRun">What all steps together pretend to take.</param>
/// <param name="steps">Steps in all.</param>
/// <param name="start">Steps done before this attempt.</param>
internal sealed class Pace(TimeProvider time, double secondsPerRun, long steps, long start)
{
    private readonly long _began = time.GetTimestamp();

    /// <summary>Waits until a step would be over; false on a stop.</summary>
    public bool WaitFor(long step, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var left = Seconds(step - start) - time.GetElapsedTime(_began).TotalSeconds;
            if (left <= 0)
            {
                return true;
            }

            stop.WaitHandle.WaitOne(TimeSpan.FromSeconds(Math.Min(left, 0.1)));
        }

        return false;
    }

    /// <summary>Pretended seconds of so many steps; exact, so that curves of disturbed and undisturbed runs are equal.</summary>
    public double Seconds(long count) => secondsPerRun * count / steps;

    /// <summary>Pretended speed, or null if no time is pretended.</summary>
    public double? TokensPerSecond(int batchTokens) => secondsPerRun > 0 ? batchTokens * steps / secondsPerRun : null;
}
