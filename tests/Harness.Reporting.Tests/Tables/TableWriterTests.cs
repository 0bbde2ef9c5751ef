using System.Text;
using Harness.Reporting.Tables;

namespace Harness.Reporting.Tests.Tables;

public sealed class TableWriterTests
{
    [Theory]
    [InlineData("=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0")]
    [InlineData("+1", "'+1")]
    [InlineData("-1+1", "'-1+1")]
    [InlineData("@x", "'@x")]
    [InlineData("\u200B=1", "'\u200B=1")]
    [InlineData(" =1", "' =1")]
    [InlineData("\t1", "'\t1")]
    [InlineData("\r1", "\"'\r1\"")]
    [InlineData("＝1", "'＝1")]
    [InlineData("d128-l4", "d128-l4")]
    [InlineData("1-2", "1-2")]
    [InlineData("", "")]
    public void Text_that_a_spreadsheet_would_run_is_disarmed(string text, string written) =>
        Assert.Equal($"run,n\n{written},1\n", Written(["run", "n"], [text, 1]));

    [Fact]
    public void Separators_quotes_and_line_ends_come_back_as_they_were()
    {
        string[] texts = ["a,b", "say \"x\"", "two\nlines", "two\r\nlines", " padded ", "plain", "ü€"];
        string csv = Written(["text", "n"], [.. texts.Select(t => new object?[] { t, 1 })]);
        Assert.Equal(texts.Select(t => $"{t}|1"), Some.Rows(csv));
    }

    [Fact]
    public void Every_number_comes_back_with_the_same_bits_under_every_culture()
    {
        Random random = new(7);
        double[] numbers = [0.1, 1.0 / 3, -0.0, double.MaxValue, double.Epsilon, -1e-7, 123456789012345680, double.NaN, double.PositiveInfinity, double.NegativeInfinity,
            .. Enumerable.Range(0, 2000).Select(_ => BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)))];
        foreach (string culture in new[] { "de-DE", "tr-TR" })
        {
            Some.Under(culture, () =>
            {
                using TableReader table = Some.Table(Written(["x", "k"], [.. numbers.Select((x, k) => new object?[] { x, -k })]));
                for (int i = 0; i < numbers.Length; i++)
                {
                    Assert.True(table.Read());
                    Assert.True(Numbers.TryParse(table[0], out double back), table[0].ToString());
                    Assert.True(double.IsNaN(numbers[i]) ? double.IsNaN(back) : BitConverter.DoubleToInt64Bits(numbers[i]) == BitConverter.DoubleToInt64Bits(back));
                    Assert.Equal((-i).ToString(System.Globalization.CultureInfo.InvariantCulture), table[1].ToString());
                }
            });
        }
    }

    [Fact]
    public void Missing_is_an_empty_cell_and_never_zero()
    {
        Assert.Equal("loss,ok,at\n,true,2026-01-02T03:04:05.5Z\n", Written(["loss", "ok", "at"], [null, true, new DateTimeOffset(2026, 1, 2, 5, 4, 5, 500, TimeSpan.FromHours(2))]));
        Assert.Equal(["", "1"], Some.Rows(Written(["loss"], [[null], [1]])));
    }

    [Fact]
    public void A_row_of_another_width_is_a_mistake_of_the_caller() =>
        Assert.Throws<ArgumentException>(() => Written(["a", "b"], [1]));

    private static string Written(string[] columns, params object?[][] rows)
    {
        StringBuilder text = new();
        using StringWriter writer = new(text);
        TableWriter table = new(writer, columns);
        foreach (object?[] row in rows)
        {
            table.Write(row);
        }

        return text.ToString();
    }
}
