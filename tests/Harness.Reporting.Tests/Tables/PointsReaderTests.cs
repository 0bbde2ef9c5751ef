using System.Globalization;
using Harness.Reporting.Tables.Selection;

namespace Harness.Reporting.Tests.Tables;

public sealed class PointsReaderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("harness-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void More_rows_than_can_be_fitted_are_refused_at_the_first_too_many()
    {
        string file = Write("many.csv", "N,D,loss\n" + string.Join("\n", Enumerable.Range(1, 2000).Select(i => $"1e9,2e10,{i}")));
        Assert.Equal(
            $"{file}:1202: with this row there are more than 1,200 points; at most 1,200 are fitted; narrow them with --where, or thin the table",
            Some.TableProblem(() => PointsReader.Read(Query(file) with { MostPoints = 1200 })));
        Assert.Equal(1200, PointsReader.Read(Query(file) with { MostPoints = 1200, Where = "loss<=1200" }).Points.Count);
        Assert.Equal(20_000_000, Query(file).MostPoints);
    }

    [Fact]
    public void Rows_left_out_beyond_ten_thousand_are_counted_and_no_longer_named()
    {
        string file = Write("many.csv", "N,D,loss\n" + string.Join("\n", Enumerable.Range(1, 10_050).Select(i => $"1e9,2e10,{i}")));
        PointsTable table = PointsReader.Read(Query(file) with { Where = "loss>10040" });
        Assert.Equal(10, table.Points.Count);
        Assert.Equal(10_040, table.Excluded.Total);
        table = PointsReader.Read(Query(file) with { Where = "loss>10049" });
        Assert.Equal(10_049, table.Excluded.Counts["--where loss>10049"]);
        Assert.Equal(ExcludedRows.MostListed, table.Excluded.Listed.Count);
    }

    [Fact]
    public void Rows_that_share_a_trunk_are_grouped_by_it_with_a_note()
    {
        string file = Write("runs.csv", "N,D,loss,trunk\n1,1,3,a\n1,2,2,a\n2,1,3,b\n2,2,2,b\n3,1,4,\n3,2,4,\n");
        PointsTable table = PointsReader.Read(Query(file) with { ClusterBy = "trunk" });
        Assert.Equal(["a", "a", "b", "b", $"{file}:6", $"{file}:7"], table.Points.Groups);
        Assert.Contains("6 rows have 4 different trunks", Assert.Single(table.Warnings), StringComparison.Ordinal);
        Assert.Null(PointsReader.Read(Query(file)).Points.Groups);
        Assert.Equal(["1", "2", "1", "2", "1", "2"], PointsReader.Read(Query(file) with { ClusterBy = "trunk", Group = "D" }).Points.Groups); // what is asked for counts
    }

    [Theory]
    [InlineData("N,D,loss,trunk\n1,1,3,a\n1,2,2,b\n2,1,3,c\n", null)] // no two rows share one
    [InlineData("N,D,loss,trunk\n1,1,3,\n1,2,2,\n2,1,3,\n", null)]
    [InlineData("N,D,loss\n1,1,3\n1,2,2\n2,1,3\n", null)] // no such column
    [InlineData("N,D,loss,trunk\n1,1,3,a\n1,2,2,a\n2,1,3,b\n", "too few to resample; intervals take rows as independent and are too narrow")]
    public void Rows_stand_alone_where_trunks_cannot_be_resampled(string text, string? note)
    {
        PointsTable table = PointsReader.Read(Query(Write("runs.csv", text)) with { ClusterBy = "trunk" });
        Assert.Null(table.Points.Groups);
        Assert.Equal(note is null ? 0 : 1, table.Warnings.Count);
        Assert.All(table.Warnings, w => Assert.Contains(note!, w, StringComparison.Ordinal));
    }

    [Fact]
    public void Letters_mean_the_roles_only_where_no_column_has_their_name()
    {
        string apart = Write("apart.csv", "Model Size,Training FLOP,loss\n1e9,6e19,3\n");
        Dictionary<string, string> columns = new() { ["n"] = "Model Size", ["c"] = "[Training FLOP]", ["d"] = "C/(6*N)" };
        Assert.Equal([1e10], PointsReader.Read(Query(apart) with { Columns = columns }).Points.Column("d"));
        string own = Write("own.csv", "Model Size,Training FLOP,N,loss\n1e9,6e19,5,3\n");
        Assert.Equal([2e18], PointsReader.Read(Query(own) with { Columns = columns }).Points.Column("d"));
        columns = new() { ["n"] = "C/(6*D)", ["c"] = "6*N*D", ["d"] = "1e9" };
        Assert.Equal($"{apart}:1: N: there is no such column; there is Model Size, Training FLOP, loss", Some.TableProblem(() => PointsReader.Read(Query(apart) with { Columns = columns })));
    }

    [Fact]
    public void Several_files_are_one_table_and_each_row_keeps_its_file()
    {
        string one = Write("one.csv", "N,D,loss\n1e9,2e10,3\n"), two = Write("two.csv", "loss;N;D\n4;1e9;2e10\n");
        PointsTable table = PointsReader.Read(Query(one) with { Files = [one, two], Group = "file" });
        Assert.Equal([3, 4], table.Points.Column("loss"));
        Assert.Equal([$"{one}:2", $"{two}:2"], table.Points.RowIds);
        Assert.Equal(["one", "two"], table.Points.Groups);
        Assert.Equal([$"{two}:1: the columns are separated by a semicolon, not by a comma; read so."], table.Warnings);
        Assert.Equal($"{one}: this file is named twice; each file counts once; name it once", Some.TableProblem(() => PointsReader.Read(Query(one) with { Files = [one, one] })));
    }

    [Fact]
    public void Rows_of_loss_curves_belong_to_their_run_or_else_to_their_file()
    {
        string file = Write("cosine.csv", "step,lr,loss\n1,0.1,3\n2,0.1,2\n");
        PointsQuery curves = new() { Files = [file], Needed = ["step", "lr", "loss"], GroupByFile = true };
        Assert.Equal(["cosine", "cosine"], PointsReader.Read(curves).Points.Groups);
        string runs = Write("curves.csv", "run_id,step,learning_rate,val_loss_nats_per_token\na,1,0.1,3\nb,2,0.1,2\n");
        Assert.Equal(["a", "b"], PointsReader.Read(curves with { Files = [runs] }).Points.Groups);
        Assert.Equal(["0.1", "0.2"], PointsReader.Read(curves with { Group = "step/10" }).Points.Groups);
    }

    [Fact]
    public void The_highest_losses_go_and_among_equals_the_later_row()
    {
        string file = Write("points.csv", "N,D,loss\n1,1,3\n2,1,5\n3,1,4\n4,1,5\n");
        PointsTable table = PointsReader.Read(Query(file) with { DropHighest = 1 });
        Assert.Equal([1, 2, 3], table.Points.Column("n"));
        table = PointsReader.Read(Query(file) with { DropHighest = 2 });
        Assert.Equal([1, 3], table.Points.Column("n"));
        Assert.Equal(["loss 5", "loss 5"], table.Excluded.Listed.Select(e => e.Detail));
    }

    [Fact]
    public void A_million_rows_are_read_in_eight_bytes_a_number_and_some_forty_a_row()
    {
        const int Rows = 1_000_000;
        string file = Path.Combine(folder, "many.csv");
        using (StreamWriter writer = new(file))
        {
            writer.Write("name,N,D,loss\n");
            for (int i = 0; i < Rows; i++)
            {
                writer.Write(string.Create(CultureInfo.InvariantCulture, $"run-{i % 100},{1e9 + i},{2e10},{2 + (i / 1e7)}\n"));
            }
        }

        GC.Collect();
        long before = GC.GetTotalMemory(true), allocated = GC.GetAllocatedBytesForCurrentThread();
        PointsTable table = PointsReader.Read(Query(file) with { Where = "name!=run-7 and D<3e10", Columns = new Dictionary<string, string> { ["d"] = "D*N/N" } });
        Assert.Equal(Rows - (Rows / 100), table.Points.Count);
        Assert.Equal($"{file}:1000001", table.Points.RowIds[^1]);
        Assert.Equal(2.0999999, table.Points.Column("loss")[^1]);

        // Three columns and a line number are kept; columns are copied once into one piece, and what knows repeated rows grows to 25 bytes a row, by doubling.
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Assert.InRange(GC.GetTotalMemory(true) - before, 3 * 8 * Rows, 48 * Rows);
        Assert.InRange(allocated, 0, 160 * Rows);
        GC.KeepAlive(table);
    }

    [Fact]
    public void Runs_are_named_beside_the_line_where_the_table_has_them()
    {
        string own = Write("own.csv", "run_id,N,D,loss\na,1,1,3\nb,2,1,5\n"), other = Write("other.csv", "N,D,loss\n3,1,4\n");
        PointsTable table = PointsReader.Read(Query(own) with { Files = [other, own] });
        Assert.Equal([$"{other}:2", $"{own}:2 (a)", $"{own}:3 (b)"], table.Points.RowIds);
        Assert.Equal([$"{other}:2", $"{own}:2 (a)"], PointsReader.Read(Query(own) with { Files = [other, own], DropHighest = 1 }).Points.RowIds);
    }

    [Fact]
    public void Rows_repeat_one_another_by_what_their_cells_say_not_by_how_they_are_quoted()
    {
        string file = Write("points.csv", "N,D,loss,note\n1,1,3,\"a,b\"\n1,1,3,\"a,c\"\n\"1\",1,\"3\",\"a,b\"\n");
        Assert.EndsWith("points.csv:4: N,D,loss,note: the row repeats line 2 in every column; a measurement counts once; remove it, or say --duplicates drop or --duplicates keep", Some.TableProblem(() => PointsReader.Read(Query(file))), StringComparison.Ordinal);
        PointsTable table = PointsReader.Read(Query(file) with { Duplicates = DuplicateRows.Drop });
        Assert.Equal([$"{file}:4 line 2"], table.Excluded.Listed.Select(e => $"{e.Row} {e.Detail}"));
        string shifted = Write("shifted.csv", "N,D,loss,note,more\n1,1,3,ab,c\n1,1,3,a,bc\n1,1,3,,abc\n1,1,3,abc,\n");
        Assert.Equal(4, PointsReader.Read(Query(shifted)).Points.Count);
    }

    private static PointsQuery Query(string file) => new() { Files = [file], Needed = ["n", "d", "loss"], Positive = ["n", "d", "c", "loss"] };

    private string Write(string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
