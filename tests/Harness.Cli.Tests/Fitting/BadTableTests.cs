namespace Harness.Cli.Tests.Fitting;

/// <summary>Every bad table is one line on standard error that names file, line and column, exit code 2, and nothing on standard output.</summary>
public sealed class BadTableTests
{
    public static TheoryData<string, string> Tables => new()
    {
        { "", "points.csv:1: the file is empty; a header line with column names and then rows are needed; check how it was written" },
        { "N,D,loss\n", "points.csv:1: there is a header and no row; at least one row is needed; check how the table was written" },
        { "N,D,los\n1e9,2e10,3\n", "points.csv:1: loss: there is no column val_loss_nats_per_token for it (loss, nats per token); there is N, D, los; say which with --loss COLUMN" },
        { "N,D,loss\n1e9,2e10,3\n1e9,abc,3\n", "points.csv:3: D: 'abc' is not a number; a number such as 2.75 or 1e9 is needed; correct the cell, or leave the row out with --where" },
        { "N,D,loss\n70M,2e10,3\n", "points.csv:2: N: '70M' ends in the unit M; a number is needed; write 70e6" },
        { "N,D,loss\n1e9,2e10,97%\n", "points.csv:2: loss: '97%' is a percentage; a plain number is needed; write it as a fraction" },
        { "N,D,loss\n1e9,2e10,NaN\n", "points.csv:2: loss: 'NaN' is not a finite number; every row that is used needs one; leave the row out with --where \"loss<1e300\", or mark its run as diverged in a column named status" },
        { "N,D,loss\n1e9,2e10,-inf\n", "points.csv:2: loss: '-inf' is not a finite number; every row that is used needs one; leave the row out with --where \"loss<1e300\", or mark its run as diverged in a column named status" },
        { "N,D,loss\n1e9,2e10,-3.5\n", "points.csv:2: loss: -3.5 is not above 0; loss, nats per token must be, for its logarithm is taken; correct the cell, or leave the row out with --where" },
        { "N,D,loss\n0,2e10,3.5\n", "points.csv:2: N: 0 is not above 0; parameters must be, for its logarithm is taken; correct the cell, or leave the row out with --where" },
        { "N,D,loss\n1e9,2e10,3\n2e9,2e10,3\n1e9,2e10,3\n", "points.csv:4: N,D,loss: the row repeats line 2 in every column; a measurement counts once; remove it, or say --duplicates drop or --duplicates keep" },
        { "N,D,loss,loss\n1e9,2e10,3,3\n", "points.csv:1: loss: the header names this column 2 times (fields 3, 4); each name stands once; rename or remove the others" },
        { "N;D;loss\n1e9;2e10;3,25\n", "points.csv:2: loss: '3,25' has a decimal comma; decimals are written with a point; write 3.25, or export the table with English number formats" },
        { "N,D,loss\n1e9,\"20,000,000\",3\n", "points.csv:2: D: '20,000,000' has commas between its digits; numbers are written without separators for thousands; remove them" },
        { "N,D,loss\n1e9,2e10,3,25\n", "points.csv:2: the row has 4 fields and the header 3; each row has as many fields as the header; check the row for a missing or an extra comma, or for decimal commas (write 2.75, not 2,75)" },
        { "N,D,loss\n1e9,2e10,3\n1e9,2e10\n", "points.csv:3: the row has 2 fields and the header 3; each row has as many fields as the header; check the row for a missing or an extra comma" },
        { "1e9,2e10,3\n2e9,2e10,2.9\n", "points.csv:1: n: the first line holds numbers (1e9, 2e10, 3); a table begins with the names of its columns; put such a line before it" },
        { "# made by hand\nN,D,loss\n1e9,2e10,3\n", "points.csv:1: n: the first line is '# made by hand'; a table begins with the names of its columns; remove lines of comments, and the # before names" },
        { "N D loss\n1e9 2e10 3\n", "points.csv:1: n: there is no column non_embedding_params for it (parameters); there is N D loss; say which with --n COLUMN" },
        { "N,D,loss\n\"1e9,2e10,3\n", "points.csv:2: a quote is opened here and never closed; quotes come in pairs, and a quote inside a quoted field is doubled; close it" },
        { "N,D,loss\n1e9;2e10;3\n", "points.csv:2: the row has 1 field and the header 3; each row has as many fields as the header; check the row for a missing or an extra comma" },
        { "N,D,loss\r\n1e9,2e10,3\r\n1e9,abc,3\r\n", "points.csv:3: D: 'abc' is not a number; a number such as 2.75 or 1e9 is needed; correct the cell, or leave the row out with --where" },
        { "\uFEFFN,D,loss\n1e9,x,3\n", "points.csv:2: D: 'x' is not a number; a number such as 2.75 or 1e9 is needed; correct the cell, or leave the row out with --where" },
        { "\uFEFF", "points.csv:1: the file is empty; a header line with column names and then rows are needed; check how it was written" },
        { "N\tD\tloss\n1e9\t2e10\t-3\n", "points.csv:2: loss: -3 is not above 0; loss, nats per token must be, for its logarithm is taken; correct the cell, or leave the row out with --where" },
        { "N,D,loss\n1e9,2e10,\"3,25\"\n", "points.csv:2: loss: '3,25' has a decimal comma; decimals are written with a point; write 3.25, or export the table with English number formats" },
        { "N,D,loss\n1e9,2e10,3\n\"a\nb\",2e10,3\n1e9,2e10,x\n", "points.csv:3: N: 'a·b' is not a number; a number such as 2.75 or 1e9 is needed; correct the cell, or leave the row out with --where" },
        { "N,D,loss\n1e9,2e10,1e400\n", "points.csv:2: loss: '1e400' is not a finite number; every row that is used needs one; leave the row out with --where \"loss<1e300\", or mark its run as diverged in a column named status" },
        { "PAR1\0\0", "points.csv:1: this is a binary file (Parquet, spreadsheet or archive); text with separated values is needed; export it as CSV" },
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public void Each_bad_table_gives_exactly_its_message(string text, string message)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("points.csv", text);
        Outcome outcome = Cli.Run("fit", path, "--law", "chinchilla");
        Assert.Equal(message + "\n", outcome.Error.Replace(path, "points.csv", StringComparison.Ordinal));
        Assert.Equal(2, outcome.Code);
        Assert.Equal("", outcome.Output);
    }

    [Theory]
    [InlineData("--n", "Q", "points.csv:1: Q: there is no such column; there is N, D, loss, name")]
    [InlineData("--loss", "los", "points.csv:1: los: there is no such column; did you mean loss?")]
    [InlineData("--d", "D/(6*", "--d:1:6: found the end; a number, a column or '(' is needed here; complete the expression, in \"D/(6*\"")]
    [InlineData("--n", "name", "points.csv:2: name: 'x' is not a number; a number such as 2.75 or 1e9 is needed; correct the cell, or leave the row out with --where")]
    [InlineData("--d", "D/(N-N)", "points.csv:2: D/(N-N): the arithmetic gives Infinity here; a finite number is needed; check the expression, or leave the row out with --where")]
    [InlineData("--d", "0-D", "points.csv:2: 0-D: -300000000 is not above 0; training tokens must be, for its logarithm is taken; correct the cell, or leave the row out with --where")]
    [InlineData("--where", "name=y", "points.csv: no row is left to fit: all 36 were left out (36 by \"--where name=y\"); name is one of x; at least one is needed; widen the rule")]
    [InlineData("--where", "nam=y", "points.csv:1: nam: there is no such column; did you mean name?")]
    [InlineData("--drop-highest", "-1", "--drop-highest: -1 is no count; a whole number from 0 to 2147483647 is needed; correct it.")]
    [InlineData("--delta", "1,5", "--delta: '1,5' is not a number; a number such as 0.34 or 1e9 is needed; write decimals with a point and no units.")]
    [InlineData("--starts", "all", "--starts: 'all' is not known; there is auto, grid; use one of these.")]
    [InlineData("--bootstrap-by", "row", "--bootstrap-by: there is no bootstrap to apply it to; say how many resamples; add --bootstrap 1000.")]
    [InlineData("--holdout", "biggest", "--holdout: 'biggest' is not known; there is largest-n, largest-d, largest-c, COLUMN=VALUE, and a share such as 0.2; use one of these.")]
    [InlineData("--holdout", "1.5", "--holdout: 1.5 is no share; a number between 0 and 1 is needed; write for example 0.95.")]
    [InlineData("--holdout", "N>1e99", "--holdout: no row of points.csv fulfils N>1e99; at least one must; correct the rule.")]
    [InlineData("--at", "e=1", "--at: chinchilla needs a value for a; all of e, a, b, alpha, beta are needed; give it.")]
    [InlineData("--at", "q=1", "--at: chinchilla has no parameter 'q'; it has e, a, b, alpha, beta; use these names.")]
    [InlineData("--mean-last", "5", "--mean-last: it is not said which rows belong to one run; a column is needed; add --group COLUMN.")]
    public void Each_bad_option_gives_exactly_its_message(string option, string value, string message)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("points.csv", Synthetic.Csv("N,D,loss,name", row: p => FormattableString.Invariant($"{p.N},{p.D},{p.Loss},x")));
        Outcome outcome = Cli.Run("fit", path, "--law", "chinchilla", option, value);
        Assert.Equal(message + "\n", outcome.Error.Replace(path, "points.csv", StringComparison.Ordinal));
        Assert.Equal(2, outcome.Code);
        Assert.Equal("", outcome.Output);
    }

    [Fact]
    public void A_law_that_is_not_known_names_the_near_ones() =>
        Assert.Equal("--law: there is no law 'chinchila'; did you mean chinchilla? (harness fit --list-laws tells them all).\n", Cli.Run("fit", "x.csv", "--law", "chinchila").Error);

    [Fact]
    public void A_file_that_is_not_there_and_a_pattern_without_a_match_are_named()
    {
        Assert.Equal("no-such.csv: there is no such file; a CSV file is needed; check the path\n", Cli.Run("fit", "no-such.csv", "--law", "chinchilla").Error);
        Assert.Equal("no-such-*.csv: no file matches this pattern; at least one is needed; check the path\n", Cli.Run("fit", "no-such-*.csv", "--law", "chinchilla").Error);
    }
}
