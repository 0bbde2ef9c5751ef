using Harness.Core.Runs;

namespace Harness.Training.Tests.Runs;

/// <summary>A session that keeps everything it is told.</summary>
internal sealed class MemorySession : IRunSession, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    public MemoryShelf Shelf { get; init; } = new();

    public ExecutionSettings Settings { get; init; } = new() { Device = "cpu" };

    /// <summary>Takes the checkpoints in place of <see cref="Shelf"/>.</summary>
    public ICheckpointShelf? OtherShelf { get; init; }

    public ICheckpointShelf Checkpoints => OtherShelf ?? Shelf;

    public CancellationToken Stop => _stop.Token;

    /// <summary>Asks to stop once a row of this step was recorded.</summary>
    public long? StopAfterRowOf { get; init; }

    public List<long> Begun { get; } = [];

    public List<MetricRow> Rows { get; } = [];

    public List<RunProgress> Reports { get; } = [];

    public List<string> Lines { get; } = [];

    public void Begin(long fromStep) => Begun.Add(fromStep);

    public void Record(MetricRow row)
    {
        Rows.Add(row);
        if (row.Step == StopAfterRowOf)
        {
            _stop.Cancel();
        }
    }

    public void Report(RunProgress progress) => Reports.Add(progress);

    public void Log(string message) => Lines.Add(message);

    public void Dispose() => _stop.Dispose();

    /// <summary>Rows without what a clock says.</summary>
    public IEnumerable<MetricRow> Timeless => Rows.Select(r => r with { Seconds = null, TokensPerSecond = null });
}
