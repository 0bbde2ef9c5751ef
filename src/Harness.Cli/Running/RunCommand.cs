using System.CommandLine;
using Harness.Cli.Planning;
using Harness.Cli.Reports;
using Harness.Execution;
using Harness.Execution.Claims;
using Harness.Execution.Orchestration;
using Harness.Execution.Status;
using Harness.Execution.Store;
using Harness.Reporting.Html;
using Harness.Sweeps.Planning;
using Harness.Training.Data;
using Spectre.Console;
using PlanComparison = Harness.Sweeps.Planning.PlanComparison;

namespace Harness.Cli.Running;

/// <summary><c>harness run</c>: the whole line from a sweep to its report. The same command goes on where an earlier one stopped.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var sweep = new SweepOptions();
        var place = new Workplace();
        var dry = new Option<bool>("--dry-run") { Description = "Print the plan and stop; writes nothing." };
        var force = new Option<bool>("--force") { Description = "Start although memory or disk look too small." };
        var retry = new Option<bool>("--retry-failed") { Description = "Try runs again that failed for good in an earlier start." };
        var grace = new Option<double>("--grace") { Description = "Seconds that workers get to save their runs after Ctrl-C.", DefaultValueFactory = _ => 30 };
        var beside = new Option<bool>("--beside") { Description = "Work beside another harness run of the same sweep on this machine; claims keep their runs apart." };
        var command = new Command("run", """
            Train every run of a sweep, fit its laws, write tables, plots and a report into results/NAME.
            Ctrl-C saves all runs and ends; the same command goes on there and never trains a finished run again.
            """)
        {
            sweep.File, dry, force, retry, grace, beside,
        };
        foreach (var option in sweep.All.Concat(place.All))
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var catalog = new DataCatalog();
            var plan = sweep.Read(parsed, catalog, speed: null);
            var folder = sweep.FolderOf(parsed, plan);
            var slots = place.Slots(parsed, plan.Execution);
            var asked = place.Asked(parsed, plan.Execution, slots);
            var comparison = PlanComparison.Of(plan.Runs, StoredRuns.In(folder));
            if (parsed.GetValue(dry))
            {
                new PlanText(plan, comparison, slots.Count).Write(output);
                return ExitCodes.Done;
            }

            try
            {
                if (!parsed.GetValue(beside))
                {
                    Orchestrator.RefuseIfAnotherRuns(folder);
                }

                var store = RunStore.Create(folder, plan.Slug, System.Text.Encoding.UTF8.GetBytes(plan.Source), plan.Runs);
                if (!parsed.GetValue(force) && Preflight.Problems(store, slots, Hosting.Machine.FreeDeviceBytes) is { Count: > 0 } problems)
                {
                    throw new UserMistakeException($"{string.Join('\n', problems)}\n--force starts all the same.");
                }

                if (parsed.GetValue(retry))
                {
                    store.RetryFailed(new RetryBudget());
                }

                var options = new OrchestratorOptions { Slots = slots, Grace = TimeSpan.FromSeconds(parsed.GetValue(grace)), BesideOthers = parsed.GetValue(beside) };
                var outcome = Train(store, plan, comparison, WorkerCommandLine.For(store.Folder, asked.For("cpu"), slots.Count, Workplace.MemoryOf(slots)), options, output);
                return Conclude(store, plan, catalog, outcome, output);
            }
            catch (StoreException e)
            {
                throw new UserMistakeException(e.Message, e);
            }
        });
        return command;
    }

    private static SweepOutcome Train(
        RunStore store, SweepPlan plan, PlanComparison comparison, WorkerCommand worker, OrchestratorOptions options, TextWriter output)
    {
        var live = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb");
        using var log = new SweepLog(store.Folder, toConsole: !live);
        var done = comparison.Runs.Count(r => r.Standing == Sweeps.Planning.RunStanding.Done);
        log.Say("{Sweep:l}: {Runs} runs, {Done} of them done; {Workers} workers on {Devices:l}; results in {Folder:l}",
            plan.Slug, plan.Runs.Count, done, options.Slots.Count, string.Join(", ", options.Slots.Select(s => s.Device).Distinct()), store.Folder);
        if (plan.Savings is { } savings)
        {
            log.Say("{Savings:l}", SavingsText.Of(savings));
        }

        using var signals = StopSignals.ForOrchestrator();
        ISweepView view = live ? new LiveView(AnsiConsole.Console) : new LineView(output, TimeProvider.System);
        var outcome = view.Show(show => new Orchestrator(store, worker, options).Run(
            snapshot =>
            {
                log.Note(snapshot);
                show(snapshot);
            },
            signals.Stop,
            signals.AtOnce));
        log.Say("ended: {Exit} after {Elapsed:l}", outcome.ExitCode, Figures.Time(outcome.Final.Elapsed.TotalSeconds));
        return outcome;
    }

    /// <summary>What there is is written even when some runs failed; an interrupted sweep gets its tables, and its fits when it is done.</summary>
    private static int Conclude(RunStore store, SweepPlan plan, DataCatalog catalog, SweepOutcome outcome, TextWriter output)
    {
        if (outcome.Problem is { } problem)
        {
            output.WriteLine($"the sweep could not go on: {Printable.Text(problem)}");
            if (!Directory.Exists(store.Folder))
            {
                return ExitCodes.SomeFailed;
            }
        }

        var usable = SweepTables.Write(store, catalog, damage => output.WriteLine($"left out of curves.csv: {Printable.Text(damage)}"));

        foreach (var failed in outcome.Failed)
        {
            output.WriteLine($"failed: {failed.Run.Name} ({failed.Cause}): {Printable.Text(failed.Message)}{RunLine.Log(failed)}");
        }

        if (outcome.Final.Count(RunState.Diverged) is > 0 and var diverged)
        {
            output.WriteLine($"{diverged} of {plan.Runs.Count} runs diverged ({string.Join(", ", outcome.Final.Runs.Where(r => r.State == RunState.Diverged).Take(3).Select(r => r.Run.Name))}); fits leave them out and the report says so.");
        }

        if (outcome.ExitCode == ExitCode.Interrupted)
        {
            output.WriteLine($"interrupted with {usable} of {plan.Runs.Count} runs finished; the same command goes on.");
            return ExitCodes.Interrupted;
        }

        if (usable > 0)
        {
            SweepConclusion.Write(store.Folder, plan.Fit, input => Told(input, plan), output);
        }

        return (int)outcome.ExitCode;
    }

    private static SweepReportInput Told(SweepReportInput input, SweepPlan plan) => input with
    {
        Question = plan.Question,
        PlannedRuns = plan.Runs.Count,
        Reproduce = [$"harness run {ShellWord.Of(plan.File)}{string.Concat(plan.Overrides.Select(o => $" --set {ShellWord.Of(o)}"))}"],
        Environment =
        [
            new("processor", Hosting.Machine.Processor),
            new("runtime", System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription),
            .. Torch.EngineDescription.Read() is { } engine ? [new KeyValuePair<string, string>("engine", $"libtorch {engine.LibtorchVersion} ({engine.Provider})")] : Array.Empty<KeyValuePair<string, string>>(),
        ],
    };
}
