using System.Globalization;
using Harness.Reporting.Tables;
using Harness.Reporting.Tables.Expressions;

namespace Harness.Reporting.Tests.Tables;

public sealed class RowFilterTests
{
    private const string Runs = """
        run,flops,dataset,loss,Model Size
        a,1e20,c4,3.0,70e6
        b,1e21,c4,2.5,70e6
        c,1e21,style(all),2.4,7B
        d,1e22,red pajama,,1e9
        e,1e23,and-rew,NaN,2e9
        """;

    [Theory]
    [InlineData("flops>=1e21", "bcde")]
    [InlineData("flops >= 1e21 and dataset=c4", "b")]
    [InlineData("flops=1e21", "bc")]
    [InlineData("flops==1000000000000000000000", "bc")]
    [InlineData("flops != 1e21", "ade")]
    [InlineData("flops <> 1e21", "ade")]
    [InlineData("dataset=style(all)", "c")]
    [InlineData("dataset=style(all) and loss<3", "c")]
    [InlineData("(dataset=style(all))", "c")]
    [InlineData("dataset = red pajama", "d")]
    [InlineData("dataset = 'red pajama' or dataset=\"c4\"", "abd")]
    [InlineData("dataset=and-rew", "e")]
    [InlineData("dataset!=c4", "cde")]
    [InlineData("dataset=C4", "")]
    [InlineData("loss>0", "abc")]
    [InlineData("loss!=3", "bc")]
    [InlineData("[Model Size]=70e6", "ab")]
    [InlineData("[Model Size]=7B", "c")]
    [InlineData("[Model Size]!=1e9", "abce")]
    [InlineData("flops/1e20 < 2 or (flops > 5e21 and dataset != c4)", "ade")]
    [InlineData("(flops/1e20)*2 < 3", "a")]
    [InlineData("((flops/1e20)*2 < 3)", "a")]
    [InlineData("run=a or run=b and flops>1e30", "a")]
    [InlineData("(run=a or run=b) and flops>1e30", "")]
    [InlineData("log10(flops)>=22 AND run!=d", "e")]
    [InlineData("file=points", "abcde")]
    [InlineData("loss < flops/1e20", "bc")]
    public void A_filter_keeps_the_rows_it_says(string filter, string kept)
    {
        foreach (string culture in new[] { "de-DE", "tr-TR" })
        {
            Some.Under(culture, () => Assert.Equal(kept, Kept(filter)));
        }
    }

    [Theory]
    [InlineData("", "--where:1:1: found nothing; a comparison such as flops>=1e21 is needed; leave the option out to keep all rows, in \"\"")]
    [InlineData("flops", "--where:1:6: found the end; a comparison (< <= > >= = !=) is needed here; names with spaces or signs stand in brackets, as in [Model Size], in \"flops\"")]
    [InlineData("Model Size>1", "--where:1:7: found 'S'; a comparison (< <= > >= = !=) is needed here; names with spaces or signs stand in brackets, as in [Model Size], in \"Model Size>1\"")]
    [InlineData("flops>", "--where:1:7: found the end; a number or a text is needed after the comparison; complete it, in \"flops>\"")]
    [InlineData("flops=1e21,dataset=c4", "--where:1:19: found another comparison; comparisons are joined by 'and'; join them, or put the text in quotes, in \"flops=1e21,dataset=c4\"")]
    [InlineData("flops>1 dataset=c4", "--where:1:9: found 'd'; 'and', 'or' or the end is needed here; put texts with spaces in quotes, in \"flops>1 dataset=c4\"")]
    [InlineData("flops/2=abc", "--where:1:9: found 'abc'; arithmetic is compared with a number; compare a single column with a text, in \"flops/2=abc\"")]
    [InlineData("dataset='c4", "--where:1:9: the quote is never closed; close it, in \"dataset='c4\"")]
    [InlineData("(flops>1", "--where:1:9: found the end; ')' is needed here; close the parenthesis, in \"(flops>1\"")]
    public void Each_bad_filter_gives_exactly_its_message(string filter, string message) =>
        Assert.Equal(message, Some.ExpressionProblem(() => RowFilter.Parse(filter)));

    [Fact]
    public void An_order_over_text_names_the_cell()
    {
        string message = Some.TableProblem(() => Kept("[Model Size] < 1e8"));
        Assert.Equal("points.csv:4: Model Size: '7B' ends in the unit B; a number is needed; write 7e9", message);
    }

    [Fact]
    public void A_filter_on_a_column_that_is_not_there_names_the_near_ones() =>
        Assert.Equal("points.csv:1: flop: there is no such column; did you mean flops?", Some.TableProblem(() => Kept("flop>1")));

    private static string Kept(string filter)
    {
        using TableReader table = Some.Table(Runs);
        Func<TableReader, bool> keeps = RowFilter.Parse(filter).Bind(table);
        string kept = "";
        while (table.Read())
        {
            kept += keeps(table) ? table[0].ToString().ToLower(CultureInfo.InvariantCulture) : "";
        }

        return kept;
    }
}
