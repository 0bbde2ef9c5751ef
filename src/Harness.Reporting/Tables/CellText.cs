namespace Harness.Reporting.Tables;

/// <summary>What a cell holds, as text: quoted for a message, and told apart as number, nothing, or something that only looks like one.</summary>
internal static class CellText
{
    private const int LongestShown = 40;

    /// <summary>The cell in single quotes, shortened to 40 characters, with control characters made visible.</summary>
    public static string Shown(ReadOnlySpan<char> cell)
    {
        bool cut = cell.Length > LongestShown;
        Span<char> shown = stackalloc char[Math.Min(cell.Length, LongestShown)];
        cell[..shown.Length].CopyTo(shown);
        for (int i = 0; i < shown.Length; i++)
        {
            if (char.IsControl(shown[i]))
            {
                shown[i] = '·';
            }
        }

        return $"'{shown}{(cut ? "…" : "")}'";
    }

    /// <summary>
    /// True for a cell that says "no value": empty, blank, or one of the spellings that pandas, R and SQL write for it.
    /// <c>NaN</c> is not among them: it is a number that a computation produced, and a loss of NaN is a diverged run.
    /// </summary>
    public static bool IsMissing(ReadOnlySpan<char> cell)
    {
        cell = cell.Trim();
        return cell.IsEmpty
            || cell.Equals("NA", StringComparison.Ordinal)
            || cell.Equals("N/A", StringComparison.OrdinalIgnoreCase)
            || cell.Equals("null", StringComparison.OrdinalIgnoreCase)
            || cell.Equals("none", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Why a cell is no number and how to mend it: the tail of a message that began with the cell.</summary>
    public static string WhyNotANumber(ReadOnlySpan<char> cell)
    {
        cell = cell.Trim();
        if (IsDigitsWith(cell, ','))
        {
            string pointed = cell.ToString().Replace(',', '.');
            return cell.Count(',') == 1
                ? $"has a decimal comma; decimals are written with a point; write {pointed}, or export the table with English number formats"
                : "has commas between its digits; numbers are written without separators for thousands; remove them";
        }

        if (cell.Length > 1 && Suffix(cell[^1]) is { } power && Numbers.TryParse(cell[..^1], out _))
        {
            return $"ends in the unit {cell[^1]}; a number is needed; write {cell[..^1].Trim()}e{power}";
        }

        if (cell.Length > 1 && cell[^1] == '%')
        {
            return "is a percentage; a plain number is needed; write it as a fraction";
        }

        return "is not a number; a number such as 2.75 or 1e9 is needed; correct the cell, or leave the row out with --where";
    }

    private static string? Suffix(char unit) => unit switch
    {
        'k' or 'K' => "3",
        'm' or 'M' => "6",
        'b' or 'B' or 'g' or 'G' => "9",
        't' or 'T' => "12",
        _ => null,
    };

    private static bool IsDigitsWith(ReadOnlySpan<char> cell, char mark)
    {
        bool digit = false, marked = false;
        foreach (char c in cell)
        {
            if (char.IsAsciiDigit(c))
            {
                digit = true;
            }
            else if (c == mark)
            {
                marked = true;
            }
            else if (c is not ('+' or '-' or '.' or 'e' or 'E'))
            {
                return false;
            }
        }

        return digit && marked;
    }
}
