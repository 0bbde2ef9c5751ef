using System.CommandLine;
using System.Globalization;
using Harness.Execution;
using Harness.Execution.Claims;
using Harness.Execution.Status;
using Harness.Execution.Store;

namespace Harness.Cli.Running;

/// <summary><c>harness status</c>: every run of a sweep with its state, cause, attempts and log. Reads only.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("DIR") { Description = "The sweep's folder, such as results/quickstart." };
        var failures = new Option<bool>("--failed") { Description = "Show only runs that failed, diverged or were interrupted." };
        var command = new Command("status", "Show how every run of a sweep stands: state, cause, attempts, log. Reads only; works while the sweep runs, and on a copy.")
        {
            folder, failures,
        };
        command.SetAction(parsed => Show(parsed.GetValue(folder)!, parsed.GetValue(failures), parsed.InvocationConfiguration.Output));
        return command;
    }

    private static int Show(string folder, bool onlyFailures, TextWriter output)
    {
        try
        {
            var store = RunStore.Open(folder);
            var counts = new SortedDictionary<RunState, int>();
            var width = store.Runs.Select(r => r.Name.Length).DefaultIfEmpty(3).Max();
            var standings = new StatusReader(store, new RetryBudget()).Read().ToList();
            foreach (var run in standings)
            {
                counts[run.State] = counts.GetValueOrDefault(run.State) + 1;
                if (!onlyFailures || run.State is RunState.Failed or RunState.Diverged or RunState.Interrupted)
                {
                    output.WriteLine($"{run.Run.Name.PadRight(width)}  {run.Run.Id}  {run.State.ToString().ToLowerInvariant(),-11}  {Detail(run)}{Company(run, standings)}");
                }
            }

            output.WriteLine(string.Join(", ", counts.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Value} {c.Key.ToString().ToLowerInvariant()}"))));
            return counts.ContainsKey(RunState.Failed) ? ExitCodes.SomeFailed : ExitCodes.Done;
        }
        catch (StoreException e)
        {
            throw new UserMistakeException(e.Message, e);
        }
    }

    /// <summary>Who trains, or trained, at the same time: its stack, and the other runs of its worker.</summary>
    private static string Company(RunStanding run, List<RunStanding> all)
    {
        if (run.State is RunState.Done or RunState.Diverged)
        {
            var stack = run.Result?.Stack ?? 1;
            return (stack > 1 ? string.Create(CultureInfo.InvariantCulture, $"; in a stack of {stack}") : "")
                + (run.Result?.RunsAtOnce > stack ? string.Create(CultureInfo.InvariantCulture, $"; up to {run.Result.RunsAtOnce} runs at a time") : "");
        }

        if (run.State != RunState.Running)
        {
            return "";
        }

        var members = all.Where(o => o.Run.Id != run.Run.Id && run.Stack?.Contains(o.Run.Id) == true).ToList();
        var beside = all.Where(o => o.Run.Id != run.Run.Id && o.State == RunState.Running && o.Worker is not null && o.Worker == run.Worker && !members.Contains(o)).ToList();
        return (members.Count > 0 ? $"; stacked with {Names(members)} ({Printable.Text(run.StackReason)})" : "") + (beside.Count > 0 ? $"; beside {Names(beside)}" : "");

        static string Names(List<RunStanding> runs) => string.Join(", ", runs.Select(r => Printable.Text(r.Run.Name)));
    }

    /// <summary>Where the run began, if not at its start as every run does.</summary>
    private static string Beginning(RunStanding run) =>
        run.Remark is { } remark ? $"; {Printable.Text(remark)}"
        : run.Result?.Inherited is { } inherited ? string.Create(CultureInfo.InvariantCulture, $"; began at step {inherited.Step} of its trunk {inherited.Trunk}")
        : "";

    private static string Detail(RunStanding run)
    {
        var attempts = run.Attempts > 1 ? $"{run.Attempts} attempts; " : "";
        return run.State switch
        {
            RunState.Queued => Printable.Text(run.Remark),
            RunState.Done => $"{attempts}loss {Figures.Loss(run.Result?.ValidationLoss)}{Beginning(run)}",
            RunState.Running => $"{attempts}{RunLine.Of(run)}, {Figures.Time(run.SecondsLeft)} left, {Printable.Text(run.Worker)}{(run.Message is { } note ? $"; {Printable.Text(note)}" : "")}{Beginning(run)}",
            _ => $"{attempts}{(run.Cause is { } cause ? $"{cause}: " : "")}{Printable.Text(run.Message)}{RunLine.Log(run)}",
        };
    }
}
