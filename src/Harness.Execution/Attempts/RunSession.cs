using System.Globalization;
using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Files;
using Harness.Execution.Trunks;

namespace Harness.Execution.Attempts;

/// <summary>One attempt at one run as its trainer sees it, with the heartbeat that keeps its claim.</summary>
internal sealed class RunSession : IRunSession, IDisposable
{
    private readonly IFileLayer _files;
    private readonly AttemptFolder _own;
    private readonly string _token;
    private readonly Lineage _lineage;
    private readonly CheckpointShelf _shelf;
    private readonly AttemptLog _log;
    private readonly CancellationTokenSource _stop;
    private MetricsFile? _metrics;
    private long _lastStep;
    private bool _lastIsCarried;
    private volatile RunProgress? _progress;
    private volatile string? _note;
    private volatile bool _fenced;
    private long _beats;

    public RunSession(
        IFileLayer files,
        AttemptFolder own,
        string token,
        IReadOnlyList<AttemptFolder> earlier,
        IReadOnlySet<long> bannedSteps,
        Lineage lineage,
        ExecutionSettings settings,
        AttemptLog log,
        CancellationToken stop)
    {
        _files = files;
        _own = own;
        _token = token;
        _log = log;
        Settings = settings;
        _lineage = lineage;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _shelf = new CheckpointShelf(files, own, earlier, bannedSteps, lineage, () => _metrics, RefuseIfFenced, Log);
    }

    public ExecutionSettings Settings { get; }

    public ICheckpointShelf Checkpoints => _shelf;

    public CancellationToken Stop => _stop.Token;

    /// <summary>Whether the attempt was declared dead by someone else, or its folder taken away. Nothing that it does counts any more.</summary>
    public bool IsFenced => _fenced || (_fenced = LooksFenced());

    /// <summary>The curve so far.</summary>
    public MetricsFile? Metrics => _metrics;

    /// <summary>Step of the newest checkpoint saved by this attempt, if it saved one.</summary>
    public long? SavedStep => _shelf.SavedStep;

    /// <summary>Free bytes that the run needs to go on: two checkpoints of the largest size seen, and 100 kB for everything small.</summary>
    public long RoomNeeded => 2 * _shelf.LargestBytes + 100_000;

    public void Begin(long fromStep)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fromStep);
        if (_metrics is not null)
        {
            throw new InvalidOperationException("IRunSession.Begin is called once.");
        }

        IReadOnlyList<MetricRow> carried = [];
        RunId? beganOn = null;
        if (fromStep > 0)
        {
            var checkpoint = _shelf.Find(fromStep)
                ?? throw new InvalidOperationException($"The trainer begins at step {fromStep.ToString(CultureInfo.InvariantCulture)}, of which there is no whole checkpoint.");
            beganOn = checkpoint == _lineage.Snapshot ? _lineage.Trunk : null;
            carried = [.. MetricsFile.ReadUpToDamage(_files, checkpoint.Attempt.MetricsPath).TakeWhile(r => r.Step <= fromStep)];
        }

        DiskFullIsAFailure(() => _metrics = MetricsFile.Begin(_files, _own, carried));
        _lastStep = carried.Count > 0 ? carried[^1].Step : 0;
        _lastIsCarried = carried.Count > 0;
        _shelf.Loaded();
        Log(fromStep == 0
            ? "training from the start"
            : $"training goes on after step {fromStep.ToString(CultureInfo.InvariantCulture)}{(beganOn is null ? "" : $" of trunk {beganOn}")}, {carried.Count.ToString(CultureInfo.InvariantCulture)} rows carried over");
    }

    public void Record(MetricRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        var metrics = _metrics ?? throw new InvalidOperationException("IRunSession.Begin must be called before the first row.");
        if (row.Step < _lastStep || (row.Step == _lastStep && _lastIsCarried))
        {
            throw new InvalidOperationException(
                $"A row of step {row.Step.ToString(CultureInfo.InvariantCulture)} after one of step {_lastStep.ToString(CultureInfo.InvariantCulture)}: each step is recorded once, in order, before the checkpoint of that step.");
        }

        DiskFullIsAFailure(() => metrics.Append(row));
        _lastStep = row.Step;
        _lastIsCarried = false;
    }

    public void Report(RunProgress progress) => _progress = progress;

    public void Log(string message) => _log.Write(message);

    /// <summary>What the heartbeat says beside its counter; null for nothing.</summary>
    public void Note(string? note) => _note = note;

    /// <summary>Asks the trainer to save and end.</summary>
    public void RequestStop() => _stop.Cancel();

    /// <summary>One sign of life; finds out whether the attempt was declared dead meanwhile.</summary>
    public void Beat()
    {
        try
        {
            using var stream = _files.OpenWrite(_own.HeartbeatPath);
            stream.Write(new Heartbeat(++_beats, _progress, _note).Format());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log($"the heartbeat could not be written: {e.Message}");
        }

        if (!_fenced && LooksFenced())
        {
            _fenced = true;
            Log("this attempt was declared dead by another process, or its folder was removed; stopping without a trace");
            _stop.Cancel();
        }
    }

    /// <summary>Throws if the attempt was declared dead.</summary>
    public void RefuseIfFenced()
    {
        if (_fenced || LooksFenced())
        {
            _fenced = true;
            throw new FencedException();
        }
    }

    /// <summary>Removes checkpoints that a finished run no longer needs.</summary>
    public void KeepCheckpoints(int count) => _shelf.Prune(count);

    public void Dispose()
    {
        _metrics?.Dispose();
        _stop.Dispose();
    }

    private bool LooksFenced()
    {
        try
        {
            return _own.IsOver || !IsStillOurs();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // An unreachable disk says nothing; publishing asks again, and decides.
        }
    }

    /// <summary>Whether the claim is the one that was made: someone may have removed the folder, and someone else begun an attempt of that number.</summary>
    private bool IsStillOurs()
    {
        var claim = _own.ReadClaim();
        return !claim.Missing && (claim.Content is not { } there || there.Token == _token);
    }

    private void DiskFullIsAFailure(Action write)
    {
        try
        {
            write();
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            throw new RunFailedException(
                FailureCause.DiskFull, $"disk full: {_own.MetricsPath} needs room for a row and has {DiskFull.Text(_files.FreeBytes(_own.Path))}", e);
        }
    }
}

/// <summary>The attempt was declared dead by another process; it ends without writing anything.</summary>
internal sealed class FencedException() : OperationCanceledException("the attempt was declared dead and another one goes on");
