using Harness.Core.Data;
using Harness.Training.Data.Randomness;

namespace Harness.Training.Data.Synthetic;

/// <summary>
/// Tokens of a stationary Markov source, each computed from its index alone, so that the sequence may be as long as one likes.
/// <para>
/// Order 0: independent draws; each symbol has a Zipf rank of its own. Order 1: each symbol s gives every symbol a rank by a permutation
/// of its own, and the next symbol is drawn by Zipf over those ranks. Every row of the transition matrix is then a permutation of the same
/// probabilities, so the entropy rate is the entropy of one Zipf draw, exactly, whatever the stationary distribution.
/// </para>
/// <para>
/// The n-th token of an order-1 chain without the ones before: every row gives every symbol at least the least Zipf probability p, so a
/// draw splits into a uniform part (with probability symbols * p, forgetting the past) and the rest. Going back from n to the last uniform
/// draw and forward again gives the exact stationary chain (regeneration; Propp and Wilson 1996 on sampling exactly from the past).
/// </para>
/// </summary>
internal sealed class SyntheticTokens : TokenSequence
{
    /// <summary>Largest mean number of steps back to a uniform draw; more would make reading slow (about 10 ns a step).</summary>
    public const double LongestMeanMemory = 1e6;

    private readonly SyntheticSource _source;
    private readonly ZipfTable _zipf;
    private readonly ulong _purpose;
    private readonly KeyedPermutation[] _ranks;

    /// <param name="source">Which source.</param>
    /// <param name="zipf">Its probabilities.</param>
    /// <param name="length">Tokens.</param>
    /// <param name="purpose">Which draws of the source: training or held-out.</param>
    public SyntheticTokens(SyntheticSource source, ZipfTable zipf, long length, ulong purpose)
    {
        (_source, _zipf, Length, _purpose) = (source, zipf, length, purpose);
        _ranks = [.. Enumerable.Range(0, source.Order == 0 ? 1 : source.Symbols).Select(row =>
            new KeyedPermutation(source.Symbols, Philox.At((ulong)source.Seed, (ulong)row, RandomPurpose.SymbolRanks).Low))];
    }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    protected override void ReadWithin(long offset, Span<int> tokens)
    {
        // Indices below 0 are the chain's past: it has no first token, so that token 0 is as stationary as any other.
        var index = offset;
        while (_source.Order == 1 && !_zipf.IsFloor(Draw(index).Low))
        {
            index--;
        }

        var symbol = 0;
        for (; index < offset + tokens.Length; index++)
        {
            symbol = Next(symbol, Draw(index));
            if (index >= offset)
            {
                tokens[(int)(index - offset)] = symbol;
            }
        }
    }

    private (ulong Low, ulong High) Draw(long index) => Philox.At((ulong)_source.Seed, (ulong)index, _purpose);

    private int Next(int symbol, (ulong Low, ulong High) draw)
    {
        if (_zipf.IsFloor(draw.Low))
        {
            return (int)Philox.Below(draw.High, _source.Symbols);
        }

        var row = _source.Order == 0 ? 0 : symbol;
        return (int)_ranks[row][_zipf.RankAboveFloor(draw.High)];
    }
}
