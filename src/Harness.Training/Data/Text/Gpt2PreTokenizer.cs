using System.Globalization;
using System.Text;

namespace Harness.Training.Data.Text;

/// <summary>
/// Cuts text into the pieces within which GPT-2's byte pairs are merged, as its regular expression does (Radford et al. 2019, encoder.py):
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>. Written out by hand over UTF-8: about 20 times a
/// regular expression's speed, no limit on length, and bytes that are no UTF-8 pass through as punctuation instead of being lost.
/// </summary>
internal static class Gpt2PreTokenizer
{
    private enum Kind : byte
    {
        Other,
        Letter,
        Number,
        Space,
    }

    private static readonly Kind[] s_ascii = [.. Enumerable.Range(0, 128).Select(c => KindOf(new Rune(c)))];

    /// <summary>Bytes in the first piece of a text.</summary>
    /// <param name="text">UTF-8, not empty; its end counts as the end of all text.</param>
    public static int FirstPiece(ReadOnlySpan<byte> text)
    {
        if (text[0] == '\'' && Contraction(text[1..]) is > 0 and var ending)
        {
            return 1 + ending;
        }

        var kind = KindAt(text, out var first);
        if (kind != Kind.Space)
        {
            return first + Run(text[first..], kind, out _);
        }

        if (text[0] == ' ' && text.Length > 1 && KindAt(text[1..], out var second) is not Kind.Space and var next)
        {
            return 1 + second + Run(text[(1 + second)..], next, out _);
        }

        // White space before a word leaves its last character to the word, unless it is the only one.
        var more = Run(text[first..], Kind.Space, out var lastLength);
        var length = first + more;
        return length == text.Length || more == 0 ? length : length - lastLength;
    }

    /// <summary>
    /// Where a long text may be cut so that the pieces on both sides are those of the whole: before the last white space that follows
    /// something else. 0 if there is no such place.
    /// </summary>
    public static int LastSafeCut(ReadOnlySpan<byte> text)
    {
        // ASCII white space is enough, and can't be part of a longer character.
        for (var i = text.Length - 1; i > 0; i--)
        {
            if (IsAsciiSpace(text[i]) && text[i - 1] < 128 && !IsAsciiSpace(text[i - 1]))
            {
                return i;
            }
        }

        return 0;
    }

    private static bool IsAsciiSpace(byte b) => b < 128 && s_ascii[b] == Kind.Space;

    private static int Contraction(ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty)
        {
            return 0;
        }

        return rest[0] switch
        {
            (byte)'s' or (byte)'t' or (byte)'m' or (byte)'d' => 1,
            (byte)'r' or (byte)'v' when rest.Length > 1 && rest[1] == 'e' => 2,
            (byte)'l' when rest.Length > 1 && rest[1] == 'l' => 2,
            _ => 0,
        };
    }

    /// <summary>Bytes at the beginning that are all of one kind.</summary>
    private static int Run(ReadOnlySpan<byte> text, Kind kind, out int lastLength)
    {
        var length = 0;
        lastLength = 0;
        while (length < text.Length && KindAt(text[length..], out var bytes) == kind)
        {
            length += bytes;
            lastLength = bytes;
        }

        return length;
    }

    private static Kind KindAt(ReadOnlySpan<byte> text, out int length)
    {
        if (text[0] < 128)
        {
            length = 1;
            return s_ascii[text[0]];
        }

        return Rune.DecodeFromUtf8(text, out var rune, out length) == System.Buffers.OperationStatus.Done ? KindOf(rune) : Kind.Other;
    }

    private static Kind KindOf(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        <= UnicodeCategory.OtherLetter => Kind.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
        _ => Rune.IsWhiteSpace(rune) ? Kind.Space : Kind.Other,
    };
}
