using System.Numerics;

namespace Harness.Core.Training;

/// <summary>
/// Which steps leave a row in a training curve: about the same number in each doubling of the step, since curves are read on log axes. A function of the step
/// alone and not of where the run ends, so that runs which share their beginning share its rows too.
/// </summary>
public static class CurveSteps
{
    /// <summary>Whether a row is written after so many steps: every step at first, then so many in each octave [2^k, 2^(k+1)), evenly spaced.</summary>
    /// <param name="stepsDone">Optimizer steps done, from 1.</param>
    /// <param name="perOctave">Rows an octave, a power of two; every step below twice this many has one.</param>
    public static bool Includes(long stepsDone, int perOctave)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(stepsDone, 1);
        var spacing = Math.Max(0, BitOperations.Log2((ulong)stepsDone) - BitOperations.Log2((uint)perOctave));
        return (stepsDone & ((1L << spacing) - 1)) == 0;
    }

    /// <summary>About how many rows a run of so many steps has, at most.</summary>
    /// <param name="steps">Optimizer steps of the run, from 1.</param>
    /// <param name="perOctave">Rows an octave.</param>
    public static long AtMost(long steps, int perOctave) =>
        Math.Min(steps, (long)perOctave * (2 + Math.Max(0, BitOperations.Log2((ulong)steps) - BitOperations.Log2((uint)perOctave))));
}
