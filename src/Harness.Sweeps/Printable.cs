using System.Globalization;
using System.Text;

namespace Harness.Sweeps;

/// <summary>Makes a stranger's text safe to show: no control character, escape sequence, line break or change of writing direction survives.</summary>
public static class Printable
{
    /// <summary>The text with every control, format and separator character but the plain space written as <c>\u{...}</c>.</summary>
    public static string OneLine(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.All(c => c is >= ' ' and < '\u007f') ? text : Escaped(text);
    }

    /// <summary>The text in single quotes, one line, shortened to 60 characters.</summary>
    public static string Quoted(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var shown = text.Length > 60 ? text[..(char.IsHighSurrogate(text[59]) ? 59 : 60)] + "..." : text;
        return $"'{OneLine(shown)}'";
    }

    private static string Escaped(string text)
    {
        var result = new StringBuilder(text.Length + 16);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value != ' ' && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned)
            {
                result.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            }
            else
            {
                result.Append(rune.ToString());
            }
        }

        return result.ToString();
    }
}
