using System.Globalization;
using System.Text;
using Harness.Reporting.Tables;
using Harness.Reporting.Tables.Expressions;

namespace Harness.Reporting.Tests.Tables;

internal static class Some
{
    public static TableReader Table(string text) => Table(Encoding.UTF8.GetBytes(text));

    public static TableReader Table(byte[] bytes) => TableReader.Read(new MemoryStream(bytes), "points.csv");

    /// <summary>All rows, cells joined by a bar.</summary>
    public static string[] Rows(string text)
    {
        using TableReader table = Table(text);
        List<string> rows = [];
        while (table.Read())
        {
            rows.Add(string.Join("|", Enumerable.Range(0, table.Header.Names.Count).Select(i => table[i].ToString())));
        }

        return [.. rows];
    }

    public static string TableProblem(Action act) => Assert.Throws<TableException>(act).Message;

    public static string ExpressionProblem(Action act) => Assert.Throws<ExpressionException>(act).Message;

    /// <summary>
    /// Runs under a culture whose decimal sign is a comma (de-DE) or whose upper case of i is not I (tr-TR). Globalization is invariant here, so such a
    /// culture has to be made by hand to have any effect.
    /// </summary>
    public static void Under(string name, Action act)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        CultureInfo culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.NumberFormat.NumberGroupSeparator = ".";
        culture.NumberFormat.NegativeSign = name == "tr-TR" ? "−" : "-";
        try
        {
            CultureInfo.CurrentCulture = culture;
            Assert.Equal("1,5", 1.5.ToString(culture));
            act();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
