namespace Harness.Training.Data.Randomness;

/// <summary>
/// A pseudo-random permutation of 0 .. count-1 that stores nothing: a Feistel network on the smallest even number of bits that holds
/// the count, walked until it lands inside (Black and Rogaway 2002, "Ciphers with arbitrary finite domains"). O(1) a value.
/// </summary>
internal readonly struct KeyedPermutation
{
    // Four rounds are a strong pseudo-random permutation given random round functions (Luby and Rackoff 1988); ours are hashes, so six.
    private const int Rounds = 6;

    // Halves of fewer bits reach only part of all permutations; with 4, a tiny count walks a little longer instead.
    private const int SmallestHalf = 4;

    private readonly ulong _key;
    private readonly int _half;

    /// <param name="count">Values to permute, at least 1, at most 2^62.</param>
    /// <param name="key">Which permutation; mixed bits, not a small number.</param>
    public KeyedPermutation(long count, ulong key)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 1L << 62);
        Count = count;
        _key = key;
        var bits = 64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)(count - 1));
        _half = Math.Max(SmallestHalf, (bits + 1) / 2);
    }

    /// <summary>Values permuted.</summary>
    public long Count { get; }

    /// <summary>The value at a place, both in [0, <see cref="Count"/>).</summary>
    public long this[long place]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(place);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(place, Count);
            var value = (ulong)place;
            do
            {
                value = Encrypt(value);
            }
            while (value >= (ulong)Count);
            return (long)value;
        }
    }

    private ulong Encrypt(ulong value)
    {
        var mask = (1UL << _half) - 1;
        var left = value >> _half;
        var right = value & mask;
        for (ulong round = 0; round < Rounds; round++)
        {
            (left, right) = (right, left ^ (Mix(right + (round << 32) ^ _key) & mask));
        }

        return left << _half | right;
    }

    /// <summary>SplitMix64's finaliser (Steele, Lea and Flood 2014; Stafford's variant 13), after adding its increment.</summary>
    private static ulong Mix(ulong z)
    {
        z += 0x9E3779B97F4A7C15;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }
}
