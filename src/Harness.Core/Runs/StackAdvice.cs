using System.Globalization;

namespace Harness.Core.Runs;

/// <summary>Whether runs of a shape are better trained together, as measured here.</summary>
/// <param name="Members">How many to train together; 1 trains each alone.</param>
/// <param name="Tried">The stack that <paramref name="SecondsTogether"/> was measured with: the chosen one, or the best that did not pay.</param>
/// <param name="SecondsAlone">Seconds of a step of one run alone.</param>
/// <param name="SecondsTogether">Seconds of a step of all <paramref name="Tried"/> together; null if that was not timed, since alone is the same work.</param>
public sealed record StackAdvice(int Members, int Tried, double SecondsAlone, double? SecondsTogether)
{
    /// <summary>A stack must do at least this many times the steps a second; less than that is within a short calibration's noise.</summary>
    public const double LeastGain = 1.1;

    /// <summary>Steps a second of all runs together over those of one after another; null if not timed.</summary>
    public double? Gain => Tried * SecondsAlone / SecondsTogether;

    /// <summary>The figures in a line, for example <c>4 together: 12.1 ms a step, alone 5.3 ms: 1.75 times the steps a second</c>.</summary>
    public string Describe() => SecondsTogether is { } together
        ? string.Create(CultureInfo.InvariantCulture,
            $"{Tried} together: {1000 * together:0.##} ms a step, alone {1000 * SecondsAlone:0.##} ms: {Gain:0.00} times the steps a second{(Members > 1 ? "" : "; trained one by one")}")
        : "trained one by one: on this device a stack does the same work in the same order";
}
