using System.Globalization;
using System.Security.Cryptography;
using Harness.Core.Data;
using Harness.Training.Data.Corpora;
using Harness.Training.Data.Files;

namespace Harness.Training.Data.Shards;

/// <summary>Token shards, used where they lie: looked through once for their hash and for ids out of range, then only opened.</summary>
internal sealed class ShardCorpus
{
    private const int PieceTokens = 1 << 16;

    // Meta's tokenizer of Llama 3 has 128000 tokens and 256 special ones.
    private const int Llama3Vocabulary = 128_256;

    private readonly IReadOnlyList<TokenShard> _train;
    private readonly IReadOnlyList<TokenShard> _validation;
    private readonly DataSpec _data;
    private readonly int _vocabulary;

    /// <param name="data">The spec that named the files.</param>
    /// <param name="train">Shards to train on.</param>
    /// <param name="validation">Held-out shards; empty to hold out the end of the others.</param>
    /// <exception cref="DataUnavailableException">A file is no shard.</exception>
    public ShardCorpus(DataSpec data, IEnumerable<RegularFile> train, IEnumerable<RegularFile> validation)
    {
        (_data, _train, _validation) = (data, [.. train.Select(TokenShard.At)], [.. validation.Select(TokenShard.At)]);
        var first = _train[0];
        if (_train.Concat(_validation).FirstOrDefault(s => s.Width != first.Width) is { } other)
        {
            throw new DataUnavailableException(
                $"{other.File.Path}: has {8 * other.Width}-bit tokens but {first.File.Path} has {8 * first.Width}-bit ones. Give shards of one kind.");
        }

        _vocabulary = first.Width == 4 ? Llama3Vocabulary : data.Tokenizer == Tokenizer.Bytes ? 256 : 50_257;
    }

    /// <summary>The shards' sizes and hash; reads all of them.</summary>
    /// <exception cref="DataUnavailableException">An id is out of range, a shard can't be read, or there is too little to hold any out.</exception>
    public KnownCorpus Survey()
    {
        var (train, validation) = Split();
        var header = new TokenHeader(_vocabulary, train, validation, ValidationBytes: null);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(header.ToBytes());
        foreach (var shard in _train.Concat(_validation))
        {
            Append(shard, hash, header.Width);
        }

        return new KnownCorpus(Convert.ToHexStringLower(hash.GetHashAndReset()), header);
    }

    /// <summary>All tokens, training first.</summary>
    public TokenSequence Open()
    {
        var opened = new List<TokenSequence>();
        try
        {
            foreach (var shard in _train.Concat(_validation))
            {
                opened.Add(shard.Open());
            }

            return new JoinedTokens(opened);
        }
        catch
        {
            opened.ForEach(shard => shard.Dispose());
            throw;
        }
    }

    private (long Train, long Validation) Split()
    {
        var train = _train.Sum(s => s.Count);
        if (_validation.Count > 0)
        {
            return (train, _validation.Sum(s => s.Count));
        }

        var heldOut = Math.Max(1, (long)Math.Ceiling(train * _data.ValidationFraction));
        return heldOut < train
            ? (train - heldOut, heldOut)
            : throw new DataUnavailableException(string.Create(CultureInfo.InvariantCulture,
                $"data.validation_fraction: {train} tokens are too few to hold out {_data.ValidationFraction} of them. Give more tokens."));
    }

    private void Append(TokenShard shard, IncrementalHash hash, int width)
    {
        using var tokens = shard.Open();
        var ids = new int[PieceTokens];
        var packed = new byte[PieceTokens * width];
        for (long done = 0; done < shard.Count; done += PieceTokens)
        {
            var piece = ids.AsSpan(0, (int)Math.Min(PieceTokens, shard.Count - done));
            tokens.Read(done, piece);
            for (var i = 0; i < piece.Length; i++)
            {
                if ((uint)piece[i] >= (uint)_vocabulary)
                {
                    throw new DataUnavailableException(string.Create(CultureInfo.InvariantCulture,
                        $"{shard.File.Path}: token {done + i} is {(uint)piece[i]}, but its vocabulary has {_vocabulary} tokens, ids 0 to {_vocabulary - 1}. {Advice}"));
                }
            }

            TokenCode.Pack(piece, width, packed);
            hash.AppendData(packed.AsSpan(0, piece.Length * width));
        }
    }

    private string Advice => _data.Tokenizer == Tokenizer.Bytes && _vocabulary == 256
        ? "Set data.tokenizer: gpt2 if they are GPT-2's tokens."
        : "Check that the file is a token shard and was copied whole.";
}
