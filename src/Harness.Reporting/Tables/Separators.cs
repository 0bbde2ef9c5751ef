using System.Text;

namespace Harness.Reporting.Tables;

/// <summary>Which character separates the fields of a table, judged by its header line.</summary>
internal static class Separators
{
    private static readonly char[] Known = [',', ';', '\t', '|'];

    /// <summary>The known separator that the header holds most often outside quotes; a comma when it holds none.</summary>
    public static char Of(ReadOnlySpan<byte> header)
    {
        Span<int> counts = stackalloc int[Known.Length];
        bool quoted = false;
        foreach (byte b in header)
        {
            char c = (char)b;
            if (c == '"')
            {
                quoted = !quoted;
            }
            else if (!quoted)
            {
                if (c is '\n' or '\r')
                {
                    break;
                }

                int known = Array.IndexOf(Known, c);
                if (known >= 0)
                {
                    counts[known]++;
                }
            }
        }

        int best = 0;
        for (int i = 1; i < counts.Length; i++)
        {
            if (counts[i] > counts[best])
            {
                best = i;
            }
        }

        return Known[best];
    }

    /// <summary>The separator that a first line such as <c>sep=;</c> says; null where there is no such line.</summary>
    public static char? Said(ReadOnlySpan<byte> header) =>
        header.Length > 5 && Ascii.EqualsIgnoreCase(header[..4], "sep="u8) && header[5] is (byte)'\n' or (byte)'\r' && header[4] < 0x80 ? (char)header[4] : null;

    /// <summary>The separator's name for a message.</summary>
    public static string Name(char separator) => separator switch
    {
        ',' => "comma",
        ';' => "semicolon",
        '\t' => "tab",
        '|' => "vertical bar",
        _ => $"'{separator}'",
    };
}
