using System.Buffers.Binary;

namespace Harness.Training.Data.Synthetic;

/// <summary>
/// Probabilities falling as rank^-s, as whole 2^-40ths that sum to one exactly, so that what is drawn and what the entropy is computed
/// from are the same numbers on every machine. Drawn in O(1) by the alias method (Walker 1977; Vose 1991).
/// </summary>
internal sealed class ZipfTable
{
    private const int Bits = 40;
    private const long One = 1L << Bits;
    private readonly long[] _weights;
    private readonly long[] _threshold;
    private readonly int[] _alias;

    /// <param name="symbols">Ranks, 2 to 65536.</param>
    /// <param name="exponent">s, finite and at least 0.</param>
    public ZipfTable(int symbols, double exponent)
    {
        _weights = Weights(symbols, exponent);
        FloorShare = _weights[^1] * (double)symbols / One;
        EntropyNats = -_weights.Sum(w => w / (double)One * Math.Log(w / (double)One));
        (_threshold, _alias) = AboveFloor();
    }

    /// <summary>Entropy of one draw, nats.</summary>
    public double EntropyNats { get; }

    /// <summary>Symbols times the least probability, in (0, 1]: the share of draws that are uniform and don't need the ranks at all.</summary>
    public double FloorShare { get; }

    /// <summary>The probability of a rank, from 0.</summary>
    public double Probability(int rank) => _weights[rank] / (double)One;

    /// <summary>Whether a draw with these bits is one of the uniform ones.</summary>
    public bool IsFloor(ulong bits) => (long)(bits >> 64 - Bits) < _weights[^1] * _weights.Length;

    /// <summary>The rank of a draw that is not uniform: from the probabilities less the least of them.</summary>
    /// <param name="bits">Random bits unrelated to those given to <see cref="IsFloor"/>.</param>
    public int RankAboveFloor(ulong bits)
    {
        var column = (int)Math.BigMul(bits, (ulong)_weights.Length, out var rest);
        return (long)(rest >> 1) < _threshold[column] ? column : _alias[column];
    }

    /// <summary>The weights' bytes, little-endian: what the source's identity hashes.</summary>
    public byte[] Fingerprint()
    {
        var bytes = new byte[_weights.Length * sizeof(long)];
        for (var i = 0; i < _weights.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), _weights[i]);
        }

        return bytes;
    }

    private static long[] Weights(int symbols, double exponent)
    {
        var shares = Enumerable.Range(1, symbols).Select(rank => Math.Pow(rank, -exponent)).ToArray();
        var total = shares.Sum();
        var weights = Array.ConvertAll(shares, s => Math.Max(1, (long)(s / total * One)));
        weights[0] += One - weights.Sum();
        return weights;
    }

    /// <summary>Vose's alias table over the weights less the least one; all thresholds 2^63 means no alias is ever taken.</summary>
    private (long[] Threshold, int[] Alias) AboveFloor()
    {
        var n = _weights.Length;
        var excess = Array.ConvertAll(_weights, w => w - _weights[^1]);
        var total = excess.Sum();
        var scaled = Array.ConvertAll(excess, e => (Int128)e * n);
        var (threshold, alias) = (new long[n], new int[n]);
        if (total == 0)
        {
            Array.Fill(threshold, long.MaxValue);
            return (threshold, alias);
        }

        var small = new Stack<int>(Enumerable.Range(0, n).Where(i => scaled[i] < total));
        var large = new Stack<int>(Enumerable.Range(0, n).Where(i => scaled[i] >= total));
        while (small.TryPop(out var low) && large.TryPeek(out var high))
        {
            threshold[low] = (long)(scaled[low] * long.MaxValue / total);
            alias[low] = high;
            scaled[high] -= total - scaled[low];
            if (scaled[high] < total)
            {
                small.Push(large.Pop());
            }
        }

        foreach (var rest in large)
        {
            threshold[rest] = long.MaxValue;
        }

        return (threshold, alias);
    }
}
