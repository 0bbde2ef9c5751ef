using System.Globalization;
using Harness.Execution.Status;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Harness.Cli.Running;

/// <summary>For a terminal: a table of the running runs with bars, the last endings, and the sweep's own bar, redrawn about once a second.</summary>
internal sealed class LiveView(IAnsiConsole console) : ISweepView
{
    private const int BarCells = 20;
    private const int NewsKept = 4;

    private readonly Queue<string> _news = new();

    public T Show<T>(Func<Action<SweepSnapshot>, T> work)
    {
        var display = console.Live(new Text("starting workers ...")).Overflow(VerticalOverflow.Ellipsis).Cropping(VerticalOverflowCropping.Bottom);
        return display.Start(context => work(snapshot =>
        {
            foreach (var line in snapshot.News)
            {
                _news.Enqueue(Printable.Text(line));
            }

            while (_news.Count > NewsKept)
            {
                _news.Dequeue();
            }

            context.UpdateTarget(Draw(snapshot));
        }));
    }

    private Rows Draw(SweepSnapshot snapshot)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("run", "progress", "", "loss", "tok/s", "left");
        table.Columns[3].RightAligned();
        table.Columns[4].RightAligned();
        table.Columns[5].RightAligned();
        foreach (var run in snapshot.Runs.Where(r => r.State == RunState.Running))
        {
            var p = run.Progress;
            var share = p is null ? 0 : (double)p.Step / p.Steps;
            table.AddRow(
                new Text(run.Run.Name),
                new Markup(Bar(share)),
                new Text(p is null ? run.Message is { } note ? Printable.Text(note) : "starting" : string.Create(CultureInfo.InvariantCulture, $"step {p.Step}/{p.Steps}")),
                new Text(Figures.Loss(p?.Loss)),
                new Text(p?.TokensPerSecond is { } speed ? Figures.Short(speed) : "-"),
                new Text(Figures.Time(run.SecondsLeft)));
        }

        var counts = string.Join(", ", new[] { RunState.Done, RunState.Running, RunState.Queued, RunState.Interrupted, RunState.Diverged, RunState.Failed }
            .Select(state => (state, count: snapshot.Count(state)))
            .Where(s => s.count > 0)
            .Select(s => $"{s.count} {s.state.ToString().ToLowerInvariant()}"));
        var parts = new List<IRenderable>
        {
            table,
            new Markup($"{Bar(snapshot.ShareDone)} {Figures.Percent(snapshot.ShareDone)} of the sweep's FLOPs; {Markup.Escape(counts)}; {Figures.Time(snapshot.Elapsed.TotalSeconds)} elapsed, {Figures.Time(snapshot.SecondsLeft)} left"),
        };
        if (snapshot.Paused is { } why)
        {
            parts.Add(new Markup($"[yellow]{Markup.Escape(Printable.Text(why))}[/]"));
        }

        parts.AddRange(_news.Select(line => new Markup($"[grey]{Markup.Escape(line)}[/]")));
        return new Rows(parts);
    }

    private static string Bar(double share)
    {
        var full = (int)Math.Round(Math.Clamp(share, 0, 1) * BarCells);
        return $"[green]{new string('━', full)}[/][grey]{new string('━', BarCells - full)}[/]";
    }
}
