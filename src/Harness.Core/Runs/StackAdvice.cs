using System.Globalization;

namespace Harness.Core.Runs;

/// <summary>Whether runs of a shape are better trained together, as measured here.</summary>
/// <param name="Members">How many to train together; 1 trains each alone.</param>
/// <param name="Tried">The stack that <paramref name="SecondsTogether"/> was measured with: the chosen one, or the best that did not pay.</param>
/// <param name="SecondsAlone">Seconds of a step of one run alone.</param>
/// <param name="SecondsTogether">Seconds of a step of all <paramref name="Tried"/> together; null if it did not fit into memory.</param>
public sealed record StackAdvice(int Members, int Tried, double SecondsAlone, double? SecondsTogether)
{
    /// <summary>A stack must do at least this many times the steps a second; less than that is within a short calibration's noise.</summary>
    public const double LeastGain = 1.1;

    /// <summary>A calibration (some dozens of steps' time) is worth it only if the runs of a shape have at least so many steps together.</summary>
    public const long LeastSteps = 4000;

    /// <summary>Steps a second of all runs together over those of one after another; null without a timing.</summary>
    public double? Gain => Tried * SecondsAlone / SecondsTogether;

    /// <summary>The figures of runs side by side in a line, for example <c>3 at a time: 2.1 ms a step of each, alone 1.2 ms: 1.71 times the steps a second</c>.</summary>
    public string DescribeSideBySide() => SecondsTogether is { } together
        ? string.Create(CultureInfo.InvariantCulture,
            $"{Tried} at a time: {1000 * together:0.##} ms a step of each, alone {1000 * SecondsAlone:0.##} ms: {Gain:0.00} times the steps a second{(Members > 1 ? "" : "; trained one at a time")}")
        : $"{Tried} at a time do not fit into memory; trained one at a time";

    /// <summary>The figures in a line, for example <c>4 together: 12.1 ms a step, alone 5.3 ms: 1.75 times the steps a second</c>.</summary>
    public string Describe() => SecondsTogether is { } together
        ? string.Create(CultureInfo.InvariantCulture,
            $"{Tried} together: {1000 * together:0.##} ms a step, alone {1000 * SecondsAlone:0.##} ms: {Gain:0.00} times the steps a second{(Members > 1 ? "" : "; trained one by one")}")
        : $"{Tried} together do not fit into memory; trained one by one";
}
