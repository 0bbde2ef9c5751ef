namespace Harness.Training.Data.Text;

/// <summary>
/// Byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909, section 3.2, on bytes as in Radford et al. 2019): within each piece of text,
/// the neighbours of lowest rank are merged, the leftmost first, until none merge. Not safe for use by several threads.
/// </summary>
/// <param name="ranks">The vocabulary.</param>
internal sealed class Gpt2Encoder(BytePairRanks ranks)
{
    // Natural text repeats its words: nearly all pieces are found here. Bounded, since not all text is natural.
    private const int MostRemembered = 1 << 17;
    private const int LongestRemembered = 48;

    // Above this length the quadratic search for the next pair gives way to a queue, so that a megabyte of one letter ends, too.
    private const int LongestPlain = 128;

    private readonly Dictionary<byte[], int[]> _remembered = new(new ByteKeys());

    /// <summary>The id that separates documents, one above the vocabulary's last.</summary>
    public int EndOfText => ranks.Count;

    /// <summary>Appends the tokens of a text.</summary>
    /// <param name="text">UTF-8; other bytes pass through as themselves.</param>
    /// <param name="tokens">Where they go.</param>
    public void Encode(ReadOnlySpan<byte> text, List<int> tokens)
    {
        var remembered = _remembered.GetAlternateLookup<ReadOnlySpan<byte>>();
        while (!text.IsEmpty)
        {
            var piece = text[..Gpt2PreTokenizer.FirstPiece(text)];
            text = text[piece.Length..];
            if (remembered.TryGetValue(piece, out var known))
            {
                tokens.AddRange(known.AsSpan());
                continue;
            }

            var before = tokens.Count;
            Merge(piece, tokens);
            if (piece.Length <= LongestRemembered && _remembered.Count < MostRemembered)
            {
                remembered[piece] = [.. tokens[before..]];
            }
        }
    }

    private void Merge(ReadOnlySpan<byte> piece, List<int> tokens)
    {
        var ids = new int[piece.Length];
        for (var i = 0; i < piece.Length; i++)
        {
            ids[i] = ranks.OfByte(piece[i]);
        }

        tokens.AddRange(ids.Length <= LongestPlain ? MergeShort(ids) : MergeLong(ids));
    }

    private ReadOnlySpan<int> MergeShort(int[] ids)
    {
        var count = ids.Length;
        while (true)
        {
            var (best, at) = (int.MaxValue, -1);
            for (var i = 0; i + 1 < count; i++)
            {
                if (ranks.OfPair(ids[i], ids[i + 1]) is var rank && rank < best)
                {
                    (best, at) = (rank, i);
                }
            }

            if (at < 0)
            {
                return ids.AsSpan(0, count);
            }

            ids[at] = best;
            count--;
            Array.Copy(ids, at + 2, ids, at + 1, count - at - 1);
        }
    }

    /// <summary>The same merges in n log n: a linked list of ids and a queue of pairs, in which outdated pairs are passed over.</summary>
    private int[] MergeLong(int[] ids)
    {
        var next = new int[ids.Length];
        var previous = new int[ids.Length];
        var queue = new PriorityQueue<(int Left, int Right, int LeftId, int RightId), (int Rank, int At)>();
        for (var i = 0; i < ids.Length; i++)
        {
            (previous[i], next[i]) = (i - 1, i + 1);
        }

        for (var i = 0; i + 1 < ids.Length; i++)
        {
            Offer(i, i + 1);
        }

        while (queue.TryDequeue(out var pair, out var priority))
        {
            if (ids[pair.Left] != pair.LeftId || ids[pair.Right] != pair.RightId || next[pair.Left] != pair.Right)
            {
                continue;
            }

            ids[pair.Left] = priority.Rank;
            ids[pair.Right] = -1;
            next[pair.Left] = next[pair.Right];
            if (next[pair.Left] < ids.Length)
            {
                previous[next[pair.Left]] = pair.Left;
                Offer(pair.Left, next[pair.Left]);
            }

            if (previous[pair.Left] >= 0)
            {
                Offer(previous[pair.Left], pair.Left);
            }
        }

        return Array.FindAll(ids, id => id >= 0);

        void Offer(int left, int right)
        {
            if (ranks.OfPair(ids[left], ids[right]) is var rank and not int.MaxValue)
            {
                queue.Enqueue((left, right, ids[left], ids[right]), (rank, left));
            }
        }
    }
}
