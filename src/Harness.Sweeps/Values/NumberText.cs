using System.Globalization;
using System.Numerics;

namespace Harness.Sweeps.Values;

/// <summary>
/// Numbers as people of the field write them: 1e6, 100M, 10_000, 2k, 1.5B, 128Ki. Read exactly, never through a double; everything that YAML
/// would read in a surprising way (octal, base 60, hexadecimal) is refused with the reason.
/// </summary>
internal static class NumberText
{
    /// <summary>Longest number read; also bounds the exponent, so that 1e999999999 costs nothing.</summary>
    private const int MaxLength = 400;

    /// <summary>Reads the number at the start of a text.</summary>
    /// <param name="text">Anything.</param>
    /// <param name="number">The number: <c>Mantissa * 10^Exponent * 2^BinaryExponent</c>.</param>
    /// <param name="length">Characters that belong to it.</param>
    /// <param name="why">Why there is none, for people; null where the text does not begin like a number.</param>
    public static bool TryScan(ReadOnlySpan<char> text, out ExactNumber number, out int length, out string? why)
    {
        number = default;
        why = null;
        var at = 0;
        var digits = new System.Text.StringBuilder();
        int fraction = 0, exponent = 0, wholeDigits = 0;
        bool seenPoint = false, lastWasDigit = false;
        for (; at < text.Length; at++)
        {
            var c = text[at];
            if (char.IsAsciiDigit(c))
            {
                digits.Append(c);
                fraction += seenPoint ? 1 : 0;
                wholeDigits += seenPoint ? 0 : 1;
                lastWasDigit = true;
            }
            else if (c == '_' && lastWasDigit && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1]))
            {
                lastWasDigit = false;
            }
            else if (c == '.' && !seenPoint && (lastWasDigit || (at + 1 < text.Length && char.IsAsciiDigit(text[at + 1]))))
            {
                seenPoint = true;
                lastWasDigit = false;
            }
            else
            {
                break;
            }
        }

        length = at;
        if (digits.Length == 0)
        {
            return false;
        }

        if (wholeDigits > 1 && digits[0] == '0')
        {
            why = "a leading zero means octal to some and decimal to others; write it without";
            return false;
        }

        if (digits.Length == 1 && digits[0] == '0' && at < text.Length && text[at] is 'x' or 'X' or 'o' or 'b')
        {
            why = "hexadecimal, octal and binary are not read; write it in decimal";
            return false;
        }

        if (at < text.Length && text[at] is 'e' or 'E' && TryExponent(text[(at + 1)..], out var power, out var powerLength))
        {
            exponent = power;
            at += 1 + powerLength;
        }

        var (tens, twos, suffixLength) = Suffix(text[at..]);
        at += suffixLength;
        length = at;
        if (at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] is '_' or '.'))
        {
            why = text[at] switch
            {
                'm' or 'b' or 'g' or 'G' or 't' => "the suffixes are k, M, B, T (thousand to trillion) and Ki, Mi, Gi",
                '_' => "an underscore stands between two digits",
                _ => "it goes on after the number",
            };
            return false;
        }

        if (digits.Length > MaxLength || Math.Abs(exponent) > MaxLength)
        {
            why = "it is out of range";
            return false;
        }

        number = new ExactNumber(BigInteger.Parse(digits.ToString(), CultureInfo.InvariantCulture), exponent - fraction + tens, twos);
        return true;
    }

    /// <summary>Reads a whole text as a number with an optional sign.</summary>
    public static bool TryRead(string text, out ExactNumber number, out string? why)
    {
        var span = text.AsSpan();
        var negative = span is ['-', ..];
        span = span is ['-' or '+', ..] ? span[1..] : span;
        if (!TryScan(span, out number, out var length, out why))
        {
            return false;
        }

        if (length != span.Length)
        {
            why = span[length] switch
            {
                ',' => "a comma does not group digits; write 10_000 or 10000",
                ':' => "a colon makes it a time or base 60; write it in decimal",
                _ => null,
            };
            return false;
        }

        number = negative ? number with { Mantissa = -number.Mantissa } : number;
        return true;
    }

    private static bool TryExponent(ReadOnlySpan<char> text, out int power, out int length)
    {
        var at = text is ['-' or '+', ..] ? 1 : 0;
        var from = at;
        power = 0;
        for (; at < text.Length && char.IsAsciiDigit(text[at]); at++)
        {
            power = Math.Min(power * 10 + (text[at] - '0'), 1_000_000);
        }

        power = text is ['-', ..] ? -power : power;
        length = at;
        return at > from;
    }

    private static (int Tens, int Twos, int Length) Suffix(ReadOnlySpan<char> text) => text switch
    {
        ['K' or 'k', 'i', ..] => (0, 10, 2),
        ['M', 'i', ..] => (0, 20, 2),
        ['G', 'i', ..] => (0, 30, 2),
        ['K' or 'k', ..] => (3, 0, 1),
        ['M', ..] => (6, 0, 1),
        ['B', ..] => (9, 0, 1),
        ['T', ..] => (12, 0, 1),
        _ => (0, 0, 0),
    };
}

/// <summary><c>Mantissa * 10^Exponent * 2^BinaryExponent</c>, exactly.</summary>
internal readonly record struct ExactNumber(BigInteger Mantissa, int Exponent, int BinaryExponent)
{
    /// <summary>The whole number that this is, or null if it has a fraction.</summary>
    public BigInteger? Whole
    {
        get
        {
            var scaled = Mantissa << BinaryExponent;
            if (Exponent >= 0)
            {
                return scaled * BigInteger.Pow(10, Exponent);
            }

            var quotient = BigInteger.DivRem(scaled, BigInteger.Pow(10, -Exponent), out var rest);
            return rest.IsZero ? quotient : null;
        }
    }

    /// <summary>The nearest double; infinite past its range.</summary>
    public double Real =>
        double.Parse((Mantissa << BinaryExponent).ToString(CultureInfo.InvariantCulture) + "e" + Exponent.ToString(CultureInfo.InvariantCulture),
            NumberStyles.Float, CultureInfo.InvariantCulture);
}
