using Harness.Core.Runs;
using Harness.Execution.Synthetic;

namespace Harness.Execution.Tests.Trunks;

/// <summary>The run's loss became infinite, says a test.</summary>
internal sealed class DivergenceException : Exception;

/// <summary>Calls the test after each row of one run.</summary>
internal sealed class WatchedTrainer(RunId run, Action<long> at) : ITrainer
{
    private readonly SyntheticTrainer _inner = new();

    public RunResult Train(RunSpec spec, IRunSession session)
    {
        if (RunId.Of(spec) != run)
        {
            return _inner.Train(spec, session);
        }

        var watched = new WatchedSession(session) { AfterRow = at };
        try
        {
            return _inner.Train(spec, watched);
        }
        catch (DivergenceException)
        {
            return new RunResult { Id = run, Status = RunStatus.Diverged, Steps = watched.LastStep - 1, Tokens = 0, DivergedAtStep = watched.LastStep };
        }
    }
}

/// <summary>Counts the steps that are really trained.</summary>
internal sealed class CountingTrainer : ITrainer
{
    private readonly SyntheticTrainer _inner = new();

    public long Steps { get; private set; }

    public RunResult Train(RunSpec spec, IRunSession session)
    {
        var watched = new WatchedSession(session);
        var result = _inner.Train(spec, watched);
        Steps += watched.Reports;
        return result;
    }
}

/// <summary>Dies while it reads a checkpoint of one run.</summary>
internal sealed class DyingLoader(RunId run) : ITrainer
{
    private readonly SyntheticTrainer _inner = new();

    public RunResult Train(RunSpec spec, IRunSession session)
    {
        if (RunId.Of(spec) == run && session.Checkpoints.Newest() is [var first, ..])
        {
            first.Open().Dispose();
            throw new StoreException("the end");
        }

        return _inner.Train(spec, session);
    }
}

/// <summary>Passes everything on.</summary>
internal sealed class WatchedSession(IRunSession inner) : IRunSession
{
    public Action<long>? AfterRow { get; init; }

    public long LastStep { get; private set; }

    public long Reports { get; private set; }

    public ExecutionSettings Settings => inner.Settings;

    public ICheckpointShelf Checkpoints => inner.Checkpoints;

    public CancellationToken Stop => inner.Stop;

    public void Begin(long fromStep) => inner.Begin(fromStep);

    public void Record(MetricRow row)
    {
        inner.Record(row);
        LastStep = row.Step;
        AfterRow?.Invoke(row.Step);
    }

    public void Report(RunProgress progress)
    {
        Reports++;
        inner.Report(progress);
    }

    public void Log(string message) => inner.Log(message);
}
