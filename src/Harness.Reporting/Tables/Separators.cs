namespace Harness.Reporting.Tables;

/// <summary>Which character separates the fields of a table, judged by its header line.</summary>
internal static class Separators
{
    private static readonly char[] Known = [',', ';', '\t', '|'];

    /// <summary>The known separator that the header holds most often outside quotes; a comma when it holds none.</summary>
    public static char Of(ReadOnlySpan<char> header)
    {
        Span<int> counts = stackalloc int[Known.Length];
        bool quoted = false;
        foreach (char c in header)
        {
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
