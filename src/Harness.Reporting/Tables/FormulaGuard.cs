using System.Globalization;

namespace Harness.Reporting.Tables;

/// <summary>
/// Keeps a spreadsheet from running text: a cell that would be read as a formula (its first visible character is <c>= + - @</c>, plain or full-width,
/// or it starts with a tab or a line end) gets an apostrophe in front, which spreadsheets take as "this is text". For text cells only; numbers are
/// never touched. (OWASP, "CSV Injection".)
/// </summary>
public static class FormulaGuard
{
    /// <summary>The text, with an apostrophe in front where a spreadsheet would run it.</summary>
    public static string Guard(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Runs(text) ? "'" + text : text;
    }

    private static bool Runs(string text)
    {
        foreach (char c in text)
        {
            if (c is '\t' or '\r' or '\n' or '=' or '+' or '-' or '@' or '＝' or '＋' or '－' or '＠' or '−')
            {
                return true;
            }

            if (!char.IsWhiteSpace(c) && !char.IsControl(c) && char.GetUnicodeCategory(c) != UnicodeCategory.Format)
            {
                return false;
            }
        }

        return false;
    }
}
