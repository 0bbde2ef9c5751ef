using System.CommandLine;
using Harness.Cli.Hosting;
using Harness.Cli.Running;
using Harness.Core.Runs;
using Harness.Sweeps.Keys;
using Harness.Sweeps.Planning;
using Harness.Training.Data;
using Harness.Training.Measurement;

namespace Harness.Cli.Planning;

/// <summary><c>harness plan</c>: what a sweep would run, with every derived number and its cost. Changes nothing.</summary>
internal static class PlanCommand
{
    public static Command Create()
    {
        var sweep = new SweepOptions();
        var place = new Workplace();
        var keys = new Option<bool>("--keys") { Description = "Print every key of a sweep file with its range and default, and stop." };
        var noTime = new Option<bool>("--no-calibration") { Description = "Leave times out instead of measuring a few training steps first." };
        var command = new Command("plan", "Print every run of a sweep before anything is trained: parameters by role, tokens, epochs, steps, FLOPs under each convention, learning rate, memory, disk, estimated time on this machine, what shared trunks save, and what is done already. Changes nothing.")
        {
            sweep.File, keys, noTime,
        };
        foreach (var option in sweep.All.Concat(place.All))
        {
            command.Options.Add(option);
        }

        sweep.File.Arity = ArgumentArity.ZeroOrOne;
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(keys))
            {
                parsed.InvocationConfiguration.Output.Write(KeyReference.Text());
                return ExitCodes.Done;
            }

            if (parsed.GetValue(sweep.File) is null)
            {
                throw new UserMistakeException("harness plan: a sweep file is needed, such as configs/quickstart.yaml; --keys prints what can stand in one.");
            }

            var calibration = parsed.GetValue(noTime) || Torch.EngineDescription.Read() is null
                ? null
                : new SpeedCalibration(new ExecutionSettings { Device = Machine.DefaultDevices()[0] });
            var plan = sweep.Read(parsed, new DataCatalog(), calibration);
            var comparison = PlanComparison.Of(plan.Runs, StoredRuns.In(sweep.FolderOf(parsed, plan)));
            var slots = place.Slots(parsed, plan.Execution);
            var (output, workers) = (parsed.InvocationConfiguration.Output, slots.Count);
            new PlanText(plan, comparison, workers).Write(output);
            var done = comparison.Runs.Where(r => r.Standing == RunStanding.Done).Select(r => r.Id).ToHashSet();
            using var trainer = calibration is null ? null : new AnyTrainer();
            var settings = place.Asked(parsed, plan.Execution, slots).For(slots[0].Device);
            var left = plan.Runs.Where(r => !done.Contains(r.Id)).ToList();
            var memory = settings.RunsPerWorker.On(settings.Device) > 1 ? Workplace.MemoryOf(slots)(slots[0]) : null;
            foreach (var line in StackText.Lines(plan, left, trainer, settings, workers).Concat(SideBySideText.Lines(left, trainer, settings, memory)))
            {
                output.WriteLine(line);
            }

            return ExitCodes.Done;
        });
        return command;
    }
}
