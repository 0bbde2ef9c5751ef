using Harness.Core.Models;
using Harness.Reporting.Tables;

namespace Harness.Reporting.Runs;

/// <summary>runs.csv: one row a run, written and read back with the same bits.</summary>
public static class RunsTable
{
    /// <summary>The file's name in a sweep's folder.</summary>
    public const string FileName = "runs.csv";

    /// <summary>What each column means, in the file's order; the labels' columns stand for all of theirs as <c>label_&lt;name&gt;</c>.</summary>
    public static IReadOnlyList<TableColumn> Columns { get; } =
    [
        .. RunColumns.All.Select(c => c.Described),
        new TableColumn(RunColumns.LabelPrefix + "<name>", "text", "One column a label of the sweep, for example the budget of an isoFLOP family; empty where a run has no such label"),
    ];

    /// <summary>Writes the table in one piece: the file is the old one or the new one, never part of it.</summary>
    /// <param name="path">The file, replaced if it exists.</param>
    /// <param name="rows">In the order in which they are written.</param>
    public static void Write(string path, IReadOnlyCollection<RunRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        WholeFile.WriteText(path, writer => Write(writer, rows));
    }

    /// <summary>Writes the table's text.</summary>
    public static void Write(TextWriter writer, IReadOnlyCollection<RunRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        string[] labels = [.. rows.SelectMany(r => r.Labels.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var table = new TableWriter(writer, [.. RunColumns.All.Select(c => c.Name), .. labels.Select(l => RunColumns.LabelPrefix + l)]);
        foreach (var row in rows)
        {
            table.Write([.. RunColumns.All.Select(c => c.Cell(row)), .. labels.Select(l => row.Labels.GetValueOrDefault(l))]);
        }
    }

    /// <summary>Reads the table back. Columns may stand in any order and others may stand between them.</summary>
    /// <exception cref="TableException">The file is no such table; the message names file, line, column and the mend.</exception>
    public static IReadOnlyList<RunRow> Read(string path)
    {
        using var table = TableReader.Open(path);
        return [.. Rows(table)];
    }

    /// <summary>Reads the table from a stream, which is closed.</summary>
    /// <param name="stream">UTF-8 text.</param>
    /// <param name="file">The name that messages carry.</param>
    /// <exception cref="TableException">The stream holds no such table.</exception>
    public static IReadOnlyList<RunRow> Read(Stream stream, string file)
    {
        using var table = TableReader.Read(stream, file);
        return [.. Rows(table)];
    }

    private static IEnumerable<RunRow> Rows(TableReader table)
    {
        var cells = new CellReader(table);
        string[] labels =
        [
            .. table.Header.Names.Where(n => n.StartsWith(RunColumns.LabelPrefix, StringComparison.Ordinal)).Select(n => n[RunColumns.LabelPrefix.Length..]),
        ];
        while (table.Read())
        {
            yield return Row(cells, labels);
        }
    }

    private static RunRow Row(CellReader cells, string[] labels) => new()
    {
        RunId = cells.Text("run_id"),
        Name = cells.Text("name"),
        Status = cells.Text("status"),
        Family = cells.Text("family"),
        LayerCount = cells.Int("n_layer"),
        ModelDim = cells.Int("d_model"),
        HeadCount = cells.Int("n_head"),
        FeedForwardDim = cells.Int("d_ff"),
        ContextLength = cells.Int("context_length"),
        VocabularySize = cells.Int("vocab_size"),
        NonEmbeddingParameters = cells.Long("non_embedding_params"),
        EmbeddingParameters = cells.Long("embedding_params"),
        UnembeddingParameters = cells.Long("unembedding_params"),
        TotalParameters = cells.Long("total_params"),
        ActiveParameters = cells.Long("active_params"),
        Tokens = cells.Long("tokens"),
        Steps = cells.Long("steps"),
        BatchTokens = cells.Int("batch_tokens"),
        UniqueTokens = cells.LongOrNull("unique_tokens"),
        Epochs = cells.DoubleOrNull("epochs"),
        Flops = new TrainingFlops(
            cells.Double("train_flops"), cells.Double("train_flops_total"), cells.Double("train_flops_kaplan"), cells.Double("train_flops_chinchilla")),
        PeakLearningRate = cells.Double("peak_lr"),
        Schedule = cells.Text("lr_schedule"),
        WarmupSteps = cells.Int("warmup_steps"),
        Seed = cells.Long("seed"),
        DataSeed = cells.Long("data_seed"),
        Precision = cells.Text("precision"),
        DataSource = cells.Text("data_source"),
        ValidationLoss = cells.DoubleOrNull("val_loss_nats_per_token"),
        BitsPerByte = cells.DoubleOrNull("val_bpb"),
        Perplexity = cells.DoubleOrNull("val_perplexity"),
        TrainLoss = cells.DoubleOrNull("train_loss_nats_per_token"),
        TokensPerSecond = cells.DoubleOrNull("tokens_per_second"),
        ModelFlopsUtilization = cells.DoubleOrNull("mfu"),
        DeclaredModelFlopsUtilization = cells.Has("mfu_declared") ? cells.DoubleOrNull("mfu_declared") : null,
        TrainSeconds = cells.DoubleOrNull("train_seconds"),
        EvaluationSeconds = cells.DoubleOrNull("evaluation_seconds"),
        PeakMemoryBytes = cells.LongOrNull("peak_memory_bytes"),
        Joules = cells.DoubleOrNull("joules"),
        Engine = cells.TextOrNull("engine"),
        Device = cells.TextOrNull("device"),
        Stack = (int?)cells.LongIfAny("stack"),
        RunsAtOnce = (int?)cells.LongIfAny("runs_at_once"),
        Attempts = (int?)cells.LongOrNull("attempts"),
        DivergedAtStep = cells.LongOrNull("diverged_at_step"),
        Failure = cells.TextOrNull("failure"),
        Trunk = cells.Has("trunk") ? cells.TextOrNull("trunk") : null,
        BranchStep = cells.Has("branch_step") ? cells.LongOrNull("branch_step") : null,
        SpentFlops = cells.Has("spent_train_flops") ? cells.DoubleOrNull("spent_train_flops") : null,
        SpentTrainSeconds = cells.Has("spent_train_seconds") ? cells.DoubleOrNull("spent_train_seconds") : null,
        SpentJoules = cells.Has("spent_joules") ? cells.DoubleOrNull("spent_joules") : null,
        Labels = labels
            .Select(l => KeyValuePair.Create(l, cells.TextOrNull(RunColumns.LabelPrefix + l)))
            .Where(p => p.Value is not null)
            .ToDictionary(p => p.Key, p => p.Value!, StringComparer.Ordinal),
    };
}
