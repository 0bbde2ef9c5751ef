using System.Globalization;
using System.Text;

namespace Harness.Cli;

/// <summary>Text from outside (names, messages, logs) made safe for a terminal: control and format characters become visible escapes.</summary>
internal static class Printable
{
    /// <summary>The text on one line, without anything that a terminal would obey.</summary>
    public static string Text(string? text)
    {
        if (text is null)
        {
            return "";
        }

        var safe = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            if (category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                safe.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            }
            else
            {
                safe.Append(rune.ToString());
            }
        }

        return safe.ToString();
    }
}
