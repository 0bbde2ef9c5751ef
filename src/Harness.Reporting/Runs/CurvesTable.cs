using Harness.Core.Runs;
using Harness.Reporting.Tables;

namespace Harness.Reporting.Runs;

/// <summary>curves.csv: the training curves of all runs below one another, written and read as a stream.</summary>
public static class CurvesTable
{
    /// <summary>The file's name in a sweep's folder.</summary>
    public const string FileName = "curves.csv";

    private static readonly IReadOnlyList<RowColumn<CurveRow>> All =
    [
        new("run_id", "text", "Which run, as in runs.csv", r => r.RunId),
        new("name", "text", "Its readable name", r => r.Name),
        new("step", "step", "Optimizer steps done, from 1", r => r.Metrics.Step),
        new("tokens", "tokens", "Training tokens seen", r => r.Metrics.Tokens),
        new("train_flops", "FLOPs", "6ND so far, N non-embedding", r => r.Metrics.TrainFlops),
        new("train_loss_nats_per_token", "nats/token", "Mean training loss since the row before; empty on a row that only evaluates", r => r.Metrics.TrainLoss),
        new("val_loss_nats_per_token", "nats/token", "Held-out loss; empty where it was not measured", r => r.Metrics.ValidationLoss),
        new("learning_rate", "1", "Rate of the last update", r => r.Metrics.LearningRate),
        new("gradient_norm", "1", "Global L2 norm of the last gradient before clipping; empty where it was not taken", r => r.Metrics.GradientNorm),
        new("tokens_per_second", "tokens/s", "Training speed since the row before; evaluation and checkpoints left out", r => r.Metrics.TokensPerSecond),
        new("seconds", "s", "Training time so far over all attempts; evaluation and checkpoints left out", r => r.Metrics.Seconds),
    ];

    /// <summary>What each column means, in the file's order.</summary>
    public static IReadOnlyList<TableColumn> Columns { get; } = [.. All.Select(c => c.Described)];

    /// <summary>Writes the table in one piece, row by row, so that memory does not grow with it.</summary>
    /// <param name="path">The file, replaced if it exists.</param>
    /// <param name="rows">Run after run, each by rising step.</param>
    public static void Write(string path, IEnumerable<CurveRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        WholeFile.WriteText(path, writer => Write(writer, rows));
    }

    /// <summary>Writes the table's text.</summary>
    public static void Write(TextWriter writer, IEnumerable<CurveRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var table = new TableWriter(writer, [.. All.Select(c => c.Name)]);
        foreach (var row in rows)
        {
            table.Write([.. All.Select(c => c.Cell(row))]);
        }
    }

    /// <summary>Reads the table row by row; the file stays open while it is enumerated.</summary>
    /// <exception cref="TableException">The file is no such table; thrown when enumeration meets the problem.</exception>
    public static IEnumerable<CurveRow> Read(string path)
    {
        using var table = TableReader.Open(path);
        var cells = new CellReader(table);
        while (table.Read())
        {
            yield return new CurveRow(cells.Text("run_id"), cells.Text("name"), new MetricRow(
                cells.Long("step"),
                cells.Long("tokens"),
                cells.Double("train_flops"),
                cells.DoubleOrNull("train_loss_nats_per_token"),
                cells.DoubleOrNull("val_loss_nats_per_token"),
                cells.Double("learning_rate"),
                cells.DoubleOrNull("gradient_norm"),
                cells.DoubleOrNull("tokens_per_second"),
                cells.DoubleOrNull("seconds")));
        }
    }
}
