namespace Harness.Scaling;

/// <summary>
/// SplitMix64 (Steele, Lea and Flood 2014): a small generator whose stream depends on (seed, stream) only, so that resample k draws the same rows on any thread.
/// </summary>
internal struct SeededRandom
{
    private ulong state;

    public SeededRandom(ulong seed, ulong stream)
    {
        state = seed;
        ulong mixed = Next();
        state = mixed ^ (stream * 0xD1342543DE82EF95UL);
        Next();
    }

    public ulong Next()
    {
        state += 0x9E3779B97F4A7C15UL;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextUnit() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [0, count).</summary>
    public int NextIndex(int count) => (int)Math.BigMul(Next(), (ulong)count, out _);

    /// <summary>Standard normal (Box and Muller).</summary>
    public double NextNormal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - NextUnit()));
        return radius * Math.Cos(2 * Math.PI * NextUnit());
    }
}
