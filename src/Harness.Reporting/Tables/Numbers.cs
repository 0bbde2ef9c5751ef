using System.Globalization;
using System.Text;

namespace Harness.Reporting.Tables;

/// <summary>Numbers as tables spell them, the same under every locale: a decimal point, an optional exponent, no thousands separators.</summary>
public static class Numbers
{
    private const NumberStyles Style =
        NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite;

    private static ReadOnlySpan<double> PowersOfTen =>
        [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    /// <summary>Reads <c>2.75</c>, <c>1e9</c>, <c>-.5</c>, and the words NaN and Infinity (any case, also <c>inf</c>). False for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out double value)
    {
        text = text.Trim();
        if (double.TryParse(text, Style, CultureInfo.InvariantCulture, out value))
        {
            return true;
        }

        ReadOnlySpan<char> unsigned = text.Length > 0 && text[0] is '+' or '-' ? text[1..] : text;
        if (unsigned.Equals("inf", StringComparison.OrdinalIgnoreCase) || unsigned.Equals("infinity", StringComparison.OrdinalIgnoreCase))
        {
            value = text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }

        return false;
    }

    /// <summary>The same from UTF-8, without making a text of it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out double value)
    {
        if (TryParseShort(utf8, out value))
        {
            return true;
        }

        utf8 = utf8[Ascii.Trim(utf8)];
        if (double.TryParse(utf8, Style, CultureInfo.InvariantCulture, out value))
        {
            return true;
        }

        // Words for infinity, and blanks beyond ASCII: seldom, so their text may be made.
        return utf8.Length is > 0 and < 64 && TryParse(Encoding.UTF8.GetString(utf8), out value);
    }

    /// <summary>
    /// Numbers of at most 2^53 as digits and a power of ten of at most 22, which is most of a table: both are doubles, so that one product or quotient is the nearest double
    /// (Clinger, "How to read floating point numbers accurately", 1990). False where this does not apply.
    /// </summary>
    private static bool TryParseShort(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        int i = !text.IsEmpty && text[0] == (byte)'-' ? 1 : 0, first = i, scale = 0, point = -1;
        ulong digits = 0;
        for (; i < text.Length; i++)
        {
            uint digit = (uint)text[i] - '0';
            if (digit <= 9)
            {
                digits = (digits * 10) + digit;
            }
            else if (text[i] == (byte)'.' && point < 0)
            {
                point = i;
            }
            else
            {
                break;
            }
        }

        int count = i - first - (point >= 0 ? 1 : 0);
        if (count is 0 or > 19 || digits > 1UL << 53)
        {
            return false;
        }

        scale -= point >= 0 ? i - point - 1 : 0;
        if (i < text.Length)
        {
            if ((text[i] | 0x20) != 'e' || !TryExponent(text[(i + 1)..], out int exponent))
            {
                return false;
            }

            scale += exponent;
        }

        if (scale is < -22 or > 22)
        {
            return false;
        }

        value = scale < 0 ? digits / PowersOfTen[-scale] : digits * PowersOfTen[scale];
        value = first == 0 ? value : -value;
        return true;
    }

    private static bool TryExponent(ReadOnlySpan<byte> text, out int exponent)
    {
        exponent = 0;
        int first = !text.IsEmpty && text[0] is (byte)'+' or (byte)'-' ? 1 : 0;
        if (text.Length == first || text.Length > first + 3)
        {
            return false;
        }

        for (int i = first; i < text.Length; i++)
        {
            uint digit = (uint)text[i] - '0';
            if (digit > 9)
            {
                return false;
            }

            exponent = (exponent * 10) + (int)digit;
        }

        exponent = first == 1 && text[0] == (byte)'-' ? -exponent : exponent;
        return true;
    }

    /// <summary>The shortest text that reads back as the same bits.</summary>
    public static string Exact(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
