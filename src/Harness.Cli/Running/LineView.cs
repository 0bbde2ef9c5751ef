using Harness.Core.Runs;
using Harness.Execution.Status;

namespace Harness.Cli.Running;

/// <summary>For logs and pipes: a line when a run ends, and one every half minute in between.</summary>
internal sealed class LineView(TextWriter output, TimeProvider time) : ISweepView
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(30);

    private readonly HashSet<RunId> _told = [];
    private long? _lastLine;

    public T Show<T>(Func<Action<SweepSnapshot>, T> work) => work(Tell);

    private void Tell(SweepSnapshot snapshot)
    {
        var first = _lastLine is null;
        foreach (var run in snapshot.Runs.Where(r => r.IsFinal && _told.Add(r.Run.Id)))
        {
            if (!first)
            {
                Line(snapshot, Ending(run));
            }
        }

        if (first)
        {
            var done = snapshot.Runs.Count(r => r.IsFinal);
            Line(snapshot, done == 0 ? "starting" : $"{done} of {snapshot.Runs.Count} runs were finished before");
        }
        else if (time.GetElapsedTime(_lastLine!.Value) >= Between)
        {
            var running = snapshot.Runs.Where(r => r.State == RunState.Running).Select(RunLine.Of);
            Line(snapshot, snapshot.Paused is { } why ? Printable.Text(why) : $"running {string.Join("; ", running)}");
        }
    }

    private void Line(SweepSnapshot snapshot, string text)
    {
        _lastLine = time.GetTimestamp();
        var finished = snapshot.Runs.Count(r => r.IsFinal);
        output.WriteLine($"[{finished}/{snapshot.Runs.Count}, {Figures.Percent(snapshot.ShareDone)}, {Figures.Time(snapshot.SecondsLeft)} left] {text}");
    }

    private static string Ending(RunStanding run) => run.State switch
    {
        RunState.Done => $"{run.Run.Name}: validation loss {Figures.Loss(run.Result?.ValidationLoss)} nats/token after {Figures.Count(run.Result!.Tokens)} tokens, {Figures.Time(run.Result.TrainSeconds)}",
        RunState.Diverged => $"{run.Run.Name}: diverged, {Printable.Text(run.Message)}; left out of fits",
        _ => $"{run.Run.Name}: failed ({run.Cause}): {Printable.Text(run.Message)}{RunLine.Log(run)}",
    };
}
