using System.Globalization;
using Harness.Core.Data;
using Harness.Training.Data.Corpora;

namespace Harness.Training.Data.Text;

/// <summary>Encodes spooled text to a token file; an end-of-text token follows each document.</summary>
internal sealed class Gpt2Corpus
{
    // Longer runs without white space are cut here, which may split one token in two; no text has them.
    private const int ChunkBytes = 1 << 20;

    private readonly Gpt2Encoder _encoder;
    private readonly byte[] _text = new byte[ChunkBytes];
    private readonly List<int> _tokens = [];

    /// <param name="encoder">With the vocabulary to use.</param>
    public Gpt2Corpus(Gpt2Encoder encoder) => _encoder = encoder;

    /// <summary>Encodes the two parts on their own, so that no token reaches over the split.</summary>
    /// <param name="spool">The text.</param>
    /// <param name="split">Where the held-out part begins.</param>
    /// <param name="path">A new file for the tokens.</param>
    public TokenHeader Write(TextSpool spool, long split, string path)
    {
        var vocabulary = _encoder.EndOfText + 1;
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 17);
        file.Write(new byte[TokenHeader.Size]);
        var width = TokenCode.WidthFor(vocabulary);
        var train = WritePart(spool, 0, split, file, width);
        var validation = WritePart(spool, split, spool.Length, file, width);
        if (train == 0 || validation == 0)
        {
            throw new DataUnavailableException(string.Create(CultureInfo.InvariantCulture,
                $"data: {spool.Length} bytes of text are too few. Give more text."));
        }

        var header = new TokenHeader(vocabulary, train, validation, spool.Length - split);
        file.Position = 0;
        file.Write(header.ToBytes());
        return header;
    }

    private long WritePart(TextSpool spool, long from, long to, FileStream file, int width)
    {
        long count = 0;
        var ends = spool.DocumentEnds.Where(end => end > from && end <= to).ToList();
        foreach (var end in ends)
        {
            count += WriteText(spool, from, end, file, width);
            count += WriteTokens([_encoder.EndOfText], file, width);
            from = end;
        }

        return count + WriteText(spool, from, to, file, width);
    }

    private long WriteText(TextSpool spool, long from, long to, FileStream file, int width)
    {
        long count = 0;
        while (from < to)
        {
            var text = _text.AsSpan(0, (int)Math.Min(ChunkBytes, to - from));
            spool.Read(from, text);
            var end = from + text.Length == to ? text.Length : SafeEnd(text);
            _tokens.Clear();
            _encoder.Encode(text[..end], _tokens);
            count += WriteTokens(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_tokens), file, width);
            from += end;
        }

        return count;
    }

    private static int SafeEnd(ReadOnlySpan<byte> text)
    {
        if (Gpt2PreTokenizer.LastSafeCut(text) is > 0 and var cut)
        {
            return cut;
        }

        // Not within a character: back to the last byte that is not 10xxxxxx, but no further than a character is long.
        var end = text.Length - 1;
        while (end > text.Length - 4 && (text[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return end;
    }

    private static int WriteTokens(ReadOnlySpan<int> tokens, FileStream file, int width)
    {
        var packed = new byte[tokens.Length * width];
        TokenCode.Pack(tokens, width, packed);
        file.Write(packed);
        return tokens.Length;
    }
}
