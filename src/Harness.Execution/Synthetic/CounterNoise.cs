namespace Harness.Execution.Synthetic;

/// <summary>Gaussian noise as a pure function of a counter, so that no state needs saving and any value can be drawn alone.</summary>
internal static class CounterNoise
{
    /// <summary>A standard normal number of four counters (Box and Muller 1958, on two 53-bit uniforms).</summary>
    public static double Gaussian(long seed, long dataSeed, long parameters, long position)
    {
        var state = Mix(Mix(Mix(Mix((ulong)seed) ^ (ulong)dataSeed) ^ (ulong)parameters) ^ (ulong)position);
        var u = ((Mix(state) >> 11) + 1) * (1.0 / (1UL << 53));
        var v = (Mix(state ^ 0x9E3779B97F4A7C15UL) >> 11) * (1.0 / (1UL << 53));
        return Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(2 * Math.PI * v);
    }

    /// <summary>SplitMix64's finaliser (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", section 5).</summary>
    public static ulong Mix(ulong z)
    {
        z += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
