using Harness.Training.Data.Randomness;

namespace Harness.Training.Numerics;

/// <summary>
/// Gaussians as a pure function of (seed, stream, index), by <see cref="Philox"/> and Box and Muller's transform. No state, so weights are the
/// same on every device and whatever else was drawn.
/// </summary>
internal static class CounterRandom
{
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
            var (low, high) = Philox.At((ulong)seed, (ulong)(i / 4), stream);
            var (x0, x1) = BoxMuller(low);
            var (x2, x3) = BoxMuller(high);
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

    private static (double, double) BoxMuller(ulong bits)
    {
        const double unit = 1.0 / 4294967296.0;
        var radius = Math.Sqrt(-2 * Math.Log(((bits >> 32) + 1.0) * unit)); // (0, 1]: never log 0
        var (sin, cos) = Math.SinCos(2 * Math.PI * ((uint)bits * unit));
        return (radius * cos, radius * sin);
    }
}
