using Harness.Core.Runs;

namespace Harness.Execution.TestHost;

/// <summary>Holds every run at a step until a file appears, so that a test waits for what it looks for and not for seconds. A stop opens it.</summary>
internal sealed class Gate(string file, long step)
{
    public void Pass(long at, CancellationToken stop)
    {
        while (at >= step && !File.Exists(file) && !stop.IsCancellationRequested)
        {
            stop.WaitHandle.WaitOne(10);
        }
    }
}

/// <summary>A session whose progress goes through a gate and whose checkpoints may kill their loader.</summary>
internal sealed class TamperedSession(IRunSession inner, Gate? gate, Predicate<long> deadly) : IRunSession, ICheckpointShelf
{
    public ExecutionSettings Settings => inner.Settings;

    public ICheckpointShelf Checkpoints => this;

    public CancellationToken Stop => inner.Stop;

    public void Begin(long fromStep) => inner.Begin(fromStep);

    public void Record(MetricRow row) => inner.Record(row);

    public void Report(RunProgress progress)
    {
        inner.Report(progress);
        gate?.Pass(progress.Step, inner.Stop);
    }

    public void Log(string message) => inner.Log(message);

    public void Save(long step, Action<Stream> write) => inner.Checkpoints.Save(step, write);

    public IReadOnlyList<StoredCheckpoint> Newest() => [.. inner.Checkpoints.Newest().Select(c => c with { Open = () => Open(c) })];

    private Stream Open(StoredCheckpoint checkpoint)
    {
        var stream = checkpoint.Open();
        if (deadly(checkpoint.Step))
        {
            Environment.FailFast("the loader crashes");
        }

        return stream;
    }
}
