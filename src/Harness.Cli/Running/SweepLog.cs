using System.Globalization;
using Harness.Execution.Status;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Json;

namespace Harness.Cli.Running;

/// <summary>The sweep's log: JSON lines in its folder always, and lines on standard error where no live table is drawn.</summary>
internal sealed class SweepLog : IDisposable
{
    private readonly Serilog.Core.Logger _log;
    private readonly HashSet<string> _stacks = [];
    private string? _paused;

    public SweepLog(string folder, bool toConsole)
    {
        var settings = new LoggerConfiguration()
            .MinimumLevel.Debug()
            .WriteTo.File(new JsonFormatter(renderMessage: true, formatProvider: CultureInfo.InvariantCulture), Path.Combine(folder, "log.jsonl"), shared: true);
        if (toConsole)
        {
            settings = settings.WriteTo.Console(
                LogEventLevel.Information,
                "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{NewLine}{Exception}",
                CultureInfo.InvariantCulture,
                standardErrorFromLevel: LogEventLevel.Verbose);
        }

        _log = settings.CreateLogger();
    }

    /// <summary>A fact of the sweep.</summary>
    public void Say(string template, params object?[] values) => _log.Information(template, values);

    /// <summary>Something that the user should know of.</summary>
    public void Warn(string template, params object?[] values) => _log.Warning(template, values);

    /// <summary>What a snapshot brings that earlier ones did not.</summary>
    public void Note(SweepSnapshot snapshot)
    {
        foreach (var line in snapshot.News)
        {
            _log.Information("{News:l}", Printable.Text(line));
        }

        foreach (var run in snapshot.Runs.Where(r => r.Stack is not null && _stacks.Add($"{string.Join(' ', r.Stack)} {r.StackReason}")))
        {
            var names = snapshot.Runs.Where(r => run.Stack!.Contains(r.Run.Id)).Select(r => r.Run.Name);
            _log.Information("{Runs:l} {How:l}: {Reason:l}", string.Join(", ", names), run.Stack!.Count > 1 ? "train together" : "trains alone", Printable.Text(run.StackReason!));
        }

        if (snapshot.Paused != _paused)
        {
            _paused = snapshot.Paused;
            if (_paused is not null)
            {
                _log.Warning("{Reason:l}", Printable.Text(_paused));
            }
            else
            {
                _log.Information("going on");
            }
        }
    }

    public void Dispose() => _log.Dispose();
}
