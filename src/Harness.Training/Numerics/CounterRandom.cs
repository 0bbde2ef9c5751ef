namespace Harness.Training.Numerics;

/// <summary>
/// Random numbers as a pure function of (seed, stream, index): Philox 4x32 with 10 rounds (Salmon et al. 2011, "Parallel random numbers: as
/// easy as 1, 2, 3", SC'11). No state, so weights are the same on every device and whatever else was drawn.
/// </summary>
public static class CounterRandom
{
    /// <summary>The Philox block of a counter under a key.</summary>
    public static (uint A, uint B, uint C, uint D) Block(ulong key, ulong high, ulong low)
    {
        uint c0 = (uint)low, c1 = (uint)(low >> 32), c2 = (uint)high, c3 = (uint)(high >> 32);
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        for (var round = 0; round < 10; round++)
        {
            // Multipliers and Weyl increments from the paper, section 3.2 and its Random123 code.
            var p0 = 0xD2511F53UL * c0;
            var p1 = 0xCD9E8D57UL * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }

        return (c0, c1, c2, c3);
    }

    /// <summary>Fills with independent gaussians; element i depends on (seed, stream, i) alone.</summary>
    /// <param name="destination">Filled.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stream">Which sequence of that seed.</param>
    /// <param name="mean">Mean.</param>
    /// <param name="std">Standard deviation.</param>
    public static void Gaussian(Span<float> destination, long seed, ulong stream, double mean, double std)
    {
        for (var i = 0; i < destination.Length; i += 4)
        {
            var (a, b, c, d) = Block((ulong)seed, stream, (ulong)(i / 4));
            var (x0, x1) = BoxMuller(a, b);
            var (x2, x3) = BoxMuller(c, d);
            destination[i] = (float)(mean + std * x0);
            if (i + 1 < destination.Length) destination[i + 1] = (float)(mean + std * x1);
            if (i + 2 < destination.Length) destination[i + 2] = (float)(mean + std * x2);
            if (i + 3 < destination.Length) destination[i + 3] = (float)(mean + std * x3);
        }
    }

    /// <summary>FNV-1a of a name: a stream that doesn't move when other parameters come or go.</summary>
    public static ulong StreamOf(string name)
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var c in name)
        {
            hash = (hash ^ c) * 0x100000001B3UL;
        }

        return hash;
    }

    private static (double, double) BoxMuller(uint a, uint b)
    {
        const double unit = 1.0 / 4294967296.0;
        var radius = Math.Sqrt(-2 * Math.Log((a + 1.0) * unit)); // (0, 1]: never log 0
        var (sin, cos) = Math.SinCos(2 * Math.PI * (b * unit));
        return (radius * cos, radius * sin);
    }
}
