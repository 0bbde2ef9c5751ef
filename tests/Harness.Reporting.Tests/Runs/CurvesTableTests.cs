using Harness.Core.Runs;
using Harness.Reporting.Runs;
using Harness.Reporting.Tables;

namespace Harness.Reporting.Tests.Runs;

public sealed class CurvesTableTests : IDisposable
{
    private readonly string path = Path.Combine(Directory.CreateTempSubdirectory("curves").FullName, CurvesTable.FileName);

    [Fact]
    public void Curves_come_back_with_the_same_bits()
    {
        CurveRow[] rows =
        [
            new("0123456789abcdef", "a", new MetricRow(1, 2048, 1.23e14, 5.545177444479562, null, 1e-3 / 3, 0.1 + 0.2, 51234.5, 0.04)),
            new("0123456789abcdef", "a", new MetricRow(2, 4096, 2.46e14, null, 2.0 / 3, 0, null, null, null)),
            new("fedcba9876543210", "b", new MetricRow(1, 2048, double.MaxValue, 5e-324, -0.0, 1, 0, 0, 0)),
        ];
        CurvesTable.Write(path, rows);
        Assert.Equal(rows, CurvesTable.Read(path));
    }

    [Fact]
    public void Every_metric_has_a_column()
    {
        CurvesTable.Write(path, []);
        var header = File.ReadAllText(path).TrimEnd('\n').Split(',');
        Assert.Equal(CurvesTable.Columns.Select(c => c.Name), header);
        Assert.Equal(typeof(MetricRow).GetProperties().Length + 2, header.Length);
    }

    [Fact]
    public void Missing_is_empty()
    {
        CurvesTable.Write(path, [new CurveRow("id", "a", new MetricRow(2, 4096, 1.5, null, null, 0.25, null, null, null))]);
        Assert.Equal("id,a,2,4096,1.5,,,0.25,,,", File.ReadLines(path).Last());
    }

    [Fact]
    public void A_missing_column_is_named()
    {
        File.WriteAllText(path, "run_id,name,step,tokens,flops\nx,a,1,2,3\n");
        var error = Assert.Throws<TableException>(() => CurvesTable.Read(path).ToList());
        Assert.Contains("train_flops", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
}
