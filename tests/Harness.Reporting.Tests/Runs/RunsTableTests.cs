using System.Globalization;
using System.Reflection;
using System.Text;
using Harness.Core.Runs;
using Harness.Reporting.Runs;
using Harness.Reporting.Tables;

namespace Harness.Reporting.Tests.Runs;

public sealed class RunsTableTests
{
    [Fact]
    public void A_run_comes_back_from_the_table_with_the_same_bits()
    {
        var run = Some.Run(labels: [("isoflop", "1e15"), ("note", "=1+1, \"quoted\"\nand broken")]);
        var diverged = Some.Run(Some.Spec(Some.Model(4, 128)), "gpt2-l4-d128");
        RunRow[] rows =
        [
            RunRow.Of(run, Some.Result(run), attempts: 2, availableTokens: 1_000_000),
            RunRow.Of(diverged, new RunResult { Id = diverged.Id, Status = RunStatus.Diverged, Steps = 17, Tokens = 17 * 2048, DivergedAtStep = 17 }, attempts: 1),
            RunRow.OfFailed(Some.Run(Some.Spec(steps: 3), "gpt2-failed"), FailureCause.OutOfMemory, attempts: 4),
        ];

        var back = RoundTrip(rows);

        Assert.Equal(rows.Length, back.Count);
        foreach (var (expected, actual) in rows.Zip(back))
        {
            AssertSame(expected, actual);
        }
    }

    [Theory]
    [InlineData(5e-324)]
    [InlineData(double.MaxValue)]
    [InlineData(0.1 + 0.2)]
    [InlineData(-0.0)]
    [InlineData(1e21)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_number_comes_back_with_the_same_bits(double value)
    {
        var run = Some.Run();
        var back = RoundTrip([RunRow.Of(run, Some.Result(run), 1) with { Joules = value }])[0].Joules!.Value;
        Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(back));
    }

    [Fact]
    public void Counts_and_compute_are_those_of_the_closed_forms()
    {
        var run = Some.Run();
        var row = RunRow.Of(run, Some.Result(run, loss: 2), 1, availableTokens: 256_000);

        // gpt2, 2 layers of width 64: attention 4(64^2+64), feed-forward 8*64^2+5*64, norms 5*2*64.
        Assert.Equal(2 * (4 * (4096 + 64) + (8 * 4096) + (5 * 64)) + (10 * 64), row.NonEmbeddingParameters);
        Assert.Equal((256 + 256) * 64, row.EmbeddingParameters);
        Assert.Equal(row.NonEmbeddingParameters + row.EmbeddingParameters + row.UnembeddingParameters, row.TotalParameters);
        Assert.Equal(500 * 2048, row.Tokens);
        Assert.Equal(6.0 * row.NonEmbeddingParameters * row.Tokens, row.Flops.SixND);
        Assert.Equal(256_000, row.UniqueTokens);
        Assert.Equal(4.0, row.Epochs);
        Assert.Equal(2 / Math.Log(2), row.BitsPerByte!.Value, 12);
        Assert.Equal(Math.Exp(2), row.Perplexity);
    }

    [Fact]
    public void Missing_is_empty_and_never_zero()
    {
        var run = Some.Run();
        var result = new RunResult { Id = run.Id, Status = RunStatus.Diverged, Steps = 5, Tokens = 10_240, DivergedAtStep = 5 };
        string[] lines = Text([RunRow.Of(run, result, null)]).Split('\n');
        var cells = lines[0].Split(',').Zip(lines[1].Split(',')).ToDictionary(p => p.First, p => p.Second);

        string[] missing =
        [
            "val_loss_nats_per_token", "val_bpb", "val_perplexity", "train_loss_nats_per_token", "tokens_per_second", "mfu", "mfu_declared", "train_seconds",
            "evaluation_seconds", "peak_memory_bytes", "joules", "engine", "device", "attempts", "epochs", "unique_tokens", "failure",
        ];
        Assert.All(missing, column => Assert.Equal("", cells[column]));
        Assert.Equal("5", cells["diverged_at_step"]);
        Assert.Equal("diverged", cells["status"]);
    }

    [Theory]
    [InlineData("de-DE")]
    [InlineData("tr-TR")]
    [InlineData("ar-SA")]
    public void The_text_is_the_same_under_every_culture(string culture)
    {
        var run = Some.Run();
        RunRow[] rows = [RunRow.Of(run, Some.Result(run), 1)];
        string expected = Text(rows);
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = Commas(culture);
            Assert.Equal(expected, Text(rows));
            AssertSame(rows[0], RoundTrip(rows)[0]);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData("=cmd|'/C calc'!A0")]
    [InlineData("+1")]
    [InlineData("-1+1")]
    [InlineData("@x")]
    [InlineData("\tx")]
    [InlineData("\rx")]
    [InlineData("\u200B=x")]
    public void A_text_that_a_spreadsheet_would_run_is_disarmed_and_comes_back(string hostile)
    {
        var run = Some.Run(name: hostile, labels: [("note", hostile)]);
        RunRow[] rows = [RunRow.Of(run, Some.Result(run), 1)];
        Assert.Contains("'" + hostile, Text(rows), StringComparison.Ordinal);
        AssertSame(rows[0], RoundTrip(rows)[0]);
    }

    [Fact]
    public void A_branch_names_its_trunk_and_counts_what_it_spent_itself_beside_its_totals()
    {
        var trunk = Some.Run(Some.Spec(steps: 1000), "trunk");
        var branch = Some.Run() with { Branch = new TrunkBranch(trunk.Id, 400) };
        var result = Some.Result(branch) with { Inherited = new Inheritance(trunk.Id, 400, 10, 0.25, 2e-4) };
        RunRow[] rows = [RunRow.Of(trunk, Some.Result(trunk), 1, sharesTrunks: true), RunRow.Of(branch, result, 1, sharesTrunks: true), RunRow.Of(branch, Some.Result(branch), 1, sharesTrunks: true)];

        Assert.All(rows, r => Assert.Equal(trunk.Id.Value, r.Trunk));
        Assert.Equal([null, 400L, null], rows.Select(r => r.BranchStep)); // the last was trained from its start after all
        Assert.Equal((500 - 400) / 500.0 * rows[1].Flops.SixND, rows[1].SpentFlops!.Value, 1e-3);
        Assert.Equal(rows[1].Flops.SixND, rows[2].SpentFlops);
        Assert.Equal((12.5, 2.5), (rows[1].TrainSeconds, rows[1].SpentTrainSeconds));
        Assert.Equal(8e-4, rows[1].SpentJoules!.Value, 1e-12);
        foreach (var (expected, actual) in rows.Zip(RoundTrip(rows)))
        {
            AssertSame(expected, actual);
        }
    }

    [Fact]
    public void A_table_from_before_trunks_still_opens()
    {
        var run = Some.Run();
        string[] late = ["trunk", "branch_step", "spent_train_flops", "spent_train_seconds", "spent_joules"];
        var lines = Text([RunRow.Of(run, Some.Result(run) with { Engine = null }, 1)]).TrimEnd('\n').Split('\n').Select(l => l.Split(',')).ToArray();
        var kept = Enumerable.Range(0, lines[0].Length).Where(i => !late.Contains(lines[0][i])).ToArray();
        Assert.Equal(lines[0].Length - late.Length, kept.Length);
        var old = string.Concat(lines.Select(l => string.Join(',', kept.Select(i => l[i])) + "\n"));
        var row = Assert.Single(RunsTable.Read(new MemoryStream(Encoding.UTF8.GetBytes(old)), "runs.csv"));
        Assert.Equal((null, null, null), (row.Trunk, row.SpentFlops, row.SpentTrainSeconds));
        Assert.Equal(12.5, row.TrainSeconds);
    }

    [Fact]
    public void Every_property_of_a_row_has_a_column_and_every_column_is_described()
    {
        var header = Text([]).TrimEnd('\n').Split(',');
        Assert.Equal(RunsTable.Columns.Select(c => c.Name).SkipLast(1), header);
        Assert.Equal(header.Length, header.Distinct().Count());
        Assert.All(RunsTable.Columns.Concat(CurvesTable.Columns), c => Assert.True(c.Unit.Length > 0 && c.Meaning.Length > 10 && !c.Meaning.EndsWith('.'), c.Name));

        // Flops stands for four columns, labels for their own, IsCompleted is derived.
        var properties = typeof(RunRow).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(p => p.Name).ToList();
        Assert.Equal(properties.Count - 3 + 4, header.Length);
    }

    [Fact]
    public void The_dictionary_prints_as_a_markdown_table()
    {
        string markdown = TableColumn.ToMarkdown(CurvesTable.Columns);
        Assert.StartsWith("| column | unit | meaning |\n|---|---|---|\n| `run_id` | text | ", markdown, StringComparison.Ordinal);
        Assert.Equal(CurvesTable.Columns.Count + 2, markdown.Count(c => c == '\n'));
        Assert.All(markdown.TrimEnd('\n').Split('\n'), line => Assert.Equal(4, line.Count(c => c == '|')));
    }

    [Fact]
    public void A_result_of_another_run_is_refused()
    {
        var other = Some.Run(Some.Spec(steps: 7));
        Assert.Throws<ArgumentException>(() => RunRow.Of(Some.Run(), Some.Result(other), 1));
    }

    [Fact]
    public void A_wrong_cell_is_named_with_file_line_and_column()
    {
        var run = Some.Run();
        string text = Text([RunRow.Of(run, Some.Result(run), 1)]).Replace(",2048,", ",2 048,", StringComparison.Ordinal);
        var error = Assert.Throws<TableException>(() => RunsTable.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), "runs.csv"));
        Assert.StartsWith("runs.csv:2: batch_tokens: '2 048' is no whole number", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_written_whole_and_leaves_nothing_beside_it()
    {
        string folder = Directory.CreateTempSubdirectory("runs-table").FullName;
        try
        {
            string path = Path.Combine(folder, "new", RunsTable.FileName);
            var run = Some.Run();
            RunsTable.Write(path, [RunRow.Of(run, Some.Result(run), 1)]);
            RunsTable.Write(path, [RunRow.Of(run, Some.Result(run, loss: 1), 2)]);
            Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
            Assert.Equal(1.0, RunsTable.Read(path).Single().ValidationLoss);
            Assert.NotEqual(0xEF, File.ReadAllBytes(path)[0]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A culture as the name says, and as it would be with ICU: decimal commas (the product runs in invariant globalization, where names carry no data).</summary>
    internal static CultureInfo Commas(string name)
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = name == "ar-SA" ? "٫" : ",";
        culture.NumberFormat.NumberGroupSeparator = ".";
        culture.NumberFormat.NegativeSign = name == "ar-SA" ? "\u200F-" : "−";
        return culture;
    }

    internal static void AssertSame(RunRow expected, RunRow actual)
    {
        Assert.Equal(expected.Labels.OrderBy(l => l.Key), actual.Labels.OrderBy(l => l.Key));
        var none = new Dictionary<string, string>();
        Assert.Equal(expected with { Labels = none }, actual with { Labels = none });
    }

    private static string Text(RunRow[] rows)
    {
        using var writer = new StringWriter();
        RunsTable.Write(writer, rows);
        return writer.ToString();
    }

    private static IReadOnlyList<RunRow> RoundTrip(RunRow[] rows) =>
        RunsTable.Read(new MemoryStream(Encoding.UTF8.GetBytes(Text(rows))), "runs.csv");
}
