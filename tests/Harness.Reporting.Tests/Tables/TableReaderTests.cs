using System.Text;
using Harness.Reporting.Tables;

namespace Harness.Reporting.Tests.Tables;

public sealed class TableReaderTests
{
    [Theory]
    [InlineData("n,loss\n1,2\n3,4\n")]
    [InlineData("n,loss\r\n1,2\r\n3,4")]
    [InlineData("n,loss\r1,2\r3,4\r")]
    [InlineData("\n\nn,loss\n\n1,2\n\n3,4\n\n")]
    [InlineData("n;loss\n1;2\n3;4\n")]
    [InlineData("n\tloss\n1\t2\n3\t4\n")]
    [InlineData("n|loss\n1|2\n3|4\n")]
    [InlineData("sep=;\nn;loss\n1;2\n3;4\n")]
    [InlineData("\"n\",\"loss\"\n\"1\",\"2\"\n\"3\",\"4\"\n")]
    [InlineData("\uFEFFn,loss\n1,2\n3,4\n")]
    public void One_table_reads_alike_however_it_is_written(string text)
    {
        using TableReader table = Some.Table(text);
        Assert.Equal(["n", "loss"], table.Header.Names);
        Assert.True(table.Read());
        Assert.Equal("1", table[0].ToString());
        Assert.Equal("2", table[1].ToString());
        Assert.True(table.Read());
        Assert.Equal("4", table[1].ToString());
        Assert.False(table.Read());
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_first_name()
    {
        foreach (Encoding encoding in new Encoding[] { new UTF8Encoding(true), Encoding.Unicode, Encoding.BigEndianUnicode })
        {
            using TableReader table = Some.Table([.. encoding.GetPreamble(), .. encoding.GetBytes("n,loss\n1,2\n")]);
            Assert.Equal(["n", "loss"], table.Header.Names);
        }
    }

    [Fact]
    public void Quoted_fields_hold_separators_quotes_and_line_ends_and_lines_are_counted_on()
    {
        using TableReader table = Some.Table("name,loss\n\"a,\"\"b\"\"\r\nc\",1\nd \"e\",2\n");
        Assert.True(table.Read());
        Assert.Equal("a,\"b\"\r\nc", table[0].ToString());
        Assert.Equal(2, table.Line);
        Assert.True(table.Read());
        Assert.Equal("d \"e\"", table[0].ToString());
        Assert.Equal(4, table.Line);
    }

    [Fact]
    public void Fields_longer_than_the_buffer_survive()
    {
        string long1 = new('x', 200_000), long2 = new('y', 70_000);
        Assert.Equal([$"{long1}|1", $"{long2}\n|2"], Some.Rows($"name,loss\n{long1},1\n\"{long2}\n\",2\n"));
    }

    [Theory]
    [InlineData("", "points.csv:1: the file is empty; a header line with column names and then rows are needed; check how it was written")]
    [InlineData(" \n\n", "points.csv:1: the file is empty; a header line with column names and then rows are needed; check how it was written")]
    [InlineData("\uFEFF", "points.csv:1: the file is empty; a header line with column names and then rows are needed; check how it was written")]
    [InlineData("PAR1\u0015\u0004", "points.csv:1: this is a binary file (Parquet, spreadsheet or archive); text with separated values is needed; export it as CSV")]
    [InlineData("n,\0\n", "points.csv:1: this is a binary file (Parquet, spreadsheet or archive); text with separated values is needed; export it as CSV")]
    [InlineData("n,d,loss\n1,2,3\n1,2\n", "points.csv:3: the row has 2 fields and the header 3; each row has as many fields as the header; check the row for a missing or an extra comma")]
    [InlineData("n,loss\n1,2,75\n", "points.csv:2: the row has 3 fields and the header 2; each row has as many fields as the header; check the row for a missing or an extra comma, or for decimal commas (write 2.75, not 2,75)")]
    [InlineData("n;d\n1;2;3\n", "points.csv:2: the row has 3 fields and the header 2; each row has as many fields as the header; check the row for a missing or an extra semicolon")]
    [InlineData("n d loss\n1,2,3\n", "points.csv:2: the row has 3 fields and the header 1; each row has as many fields as the header; the header names one column only; check that it uses the same separator as the rows")]
    [InlineData("n,loss\n1,2\n\"1,2\n3,4\n", "points.csv:3: a quote is opened here and never closed; quotes come in pairs, and a quote inside a quoted field is doubled; close it")]
    [InlineData("n,loss\n\"1\"2,3\n", "points.csv:2: field 1 goes on after its closing quote; a quoted field ends at the separator ','; double the quotes inside it, or check the separator")]
    public void Each_bad_table_gives_exactly_its_message(string text, string message) =>
        Assert.Equal(message, Some.TableProblem(() => Some.Rows(text)));

    [Fact]
    public void A_missing_file_and_a_folder_are_told_apart()
    {
        Assert.Equal("no/such.csv: there is no such file; a CSV file is needed; check the path", Some.TableProblem(() => TableReader.Open("no/such.csv")));
        string folder = Path.GetTempPath();
        Assert.Equal($"{folder}: this is a folder; a CSV file is needed; name the file in it", Some.TableProblem(() => TableReader.Open(folder)));
    }

    [Theory]
    [InlineData("loss", 2)]
    [InlineData("LOSS", 2)]
    [InlineData("N", 1)]
    [InlineData("n", 0)]
    public void A_name_means_its_own_spelling_first_and_then_the_only_one_that_differs_by_case(string name, int index)
    {
        using TableReader table = Some.Table("n,N,loss\n1,2,3\n");
        Assert.Equal(index, table.Header.IndexOf(name));
    }

    [Theory]
    [InlineData("n,tokens,val_loss\n", "valloss", "points.csv:1: valloss: there is no such column; did you mean val_loss?")]
    [InlineData("n,tokens,val_loss\n", "loss", "points.csv:1: loss: there is no such column; did you mean val_loss?")]
    [InlineData("n,tokens,val_loss\n", "flops", "points.csv:1: flops: there is no such column; there is n, tokens, val_loss")]
    [InlineData("n,loss,x,loss\n", "loss", "points.csv:1: loss: the header names this column 2 times (fields 2, 4); each name stands once; rename or remove the others")]
    [InlineData("n d loss\n", "d", "points.csv:1: d: there is no such column; the header is the single name 'n d loss'; columns are separated by a comma, semicolon, tab or vertical bar; check the separator")]
    public void A_name_that_means_no_single_column_gives_exactly_its_message(string text, string name, string message)
    {
        using TableReader table = Some.Table(text);
        Assert.Equal(message, Some.TableProblem(() => table.Header.IndexOf(name)));
    }

    [Fact]
    public void Ten_million_rows_pass_in_memory_that_does_not_grow()
    {
        using TableReader table = TableReader.Read(new RepeatedRows("n,loss\n", "1000000,2.5\n", 10_000_000), "points.csv");
        double sum = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        while (table.Read())
        {
            Assert.True(Numbers.TryParse(table[1], out double loss));
            sum += loss;
        }

        Assert.Equal(25_000_000, sum);
        Assert.Equal(10_000_001, table.Line);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }
}
