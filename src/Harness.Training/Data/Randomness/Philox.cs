namespace Harness.Training.Data.Randomness;

/// <summary>
/// Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): random bits as a pure function of a key and a
/// counter, so that the n-th number needs none of those before it. Multipliers and Weyl constants are the paper's.
/// </summary>
internal static class Philox
{
    private const int Rounds = 10;

    /// <summary>128 random bits.</summary>
    /// <param name="key">Which stream, usually a seed.</param>
    /// <param name="index">Low 64 bits of the counter: which number.</param>
    /// <param name="purpose">High 64 bits of the counter: what for, so that one seed serves unrelated uses.</param>
    public static (ulong Low, ulong High) At(ulong key, ulong index, ulong purpose)
    {
        uint c0 = (uint)index, c1 = (uint)(index >> 32), c2 = (uint)purpose, c3 = (uint)(purpose >> 32);
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        for (var round = 0; round < Rounds; round++)
        {
            var product0 = 0xD2511F53UL * c0;
            var product1 = 0xCD9E8D57UL * c2;
            c0 = (uint)(product1 >> 32) ^ c1 ^ k0;
            c1 = (uint)product1;
            c2 = (uint)(product0 >> 32) ^ c3 ^ k1;
            c3 = (uint)product0;
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }

        return (c0 | (ulong)c1 << 32, c2 | (ulong)c3 << 32);
    }

    /// <summary>A whole number in [0, bound), uniform up to a bias below bound / 2^64 (the high half of a 128-bit product).</summary>
    public static long Below(ulong bits, long bound) => (long)Math.BigMul(bits, (ulong)bound, out _);
}
