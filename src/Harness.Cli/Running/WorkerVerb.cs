using System.CommandLine;
using Harness.Execution;
using Harness.Execution.Orchestration;
using Harness.Execution.Store;
using Harness.Execution.Workers;
using Harness.Torch;
using Harness.Training.Runs;

namespace Harness.Cli.Running;

/// <summary><c>harness worker</c>: a process bound to one device that pulls runs of a sweep until none is left. <c>harness run</c> starts these.</summary>
internal static class WorkerVerb
{
    public static Command Create()
    {
        var line = new WorkerCommandLine();
        var command = new Command("worker", "Pull runs of a sweep, train them on one device, publish their results, until none is left. harness run starts workers by itself; start one by hand to lend a sweep another machine that shares its folder.");
        foreach (var option in line.All)
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed => Work(parsed, line));
        return command;
    }

    private static int Work(ParseResult parsed, WorkerCommandLine line)
    {
        try
        {
            using var signals = StopSignals.ForWorker();
            using var trainer = new AnyTrainer();
            var settings = line.Settings(parsed);
            var options = new WorkerOptions
            {
                Settings = settings,
                DeviceMemoryBytes = settings.RunsPerWorker.On(settings.Device) < 2 ? null
                    : parsed.GetValue(line.Memory) ?? Workplace.MemoryOf([new WorkerSlot(0, settings.Device)])(new WorkerSlot(0, settings.Device)),
                Workers = Math.Max(1, parsed.GetValue(line.Workers)),
                WaitForOthers = parsed.GetValue(line.Wait),
                Facts = EngineFacts(),
            };
            var store = RunStore.Open(parsed.GetValue(line.Store)!);
            if (store.Runs.Any(r => r.Spec.Synthetic is null))
            {
                _ = Task.Run(TorchTrainer.Preload); // comes while the first run is claimed; a failure shows again where it matters
            }

            return (int)Worker.Run(store, trainer, options, signals.Stop);
        }
        catch (StoreException e)
        {
            throw new UserMistakeException(e.Message, e);
        }
    }

    /// <summary>What environment.json keeps of the engine; reading it loads nothing.</summary>
    private static Dictionary<string, string> EngineFacts() => EngineDescription.Read() is { } engine
        ? new()
        {
            ["engine_provider"] = engine.Provider,
            ["libtorch"] = engine.LibtorchVersion,
            ["engine_compiler"] = engine.Compiler,
            ["engine_source_sha256"] = engine.SourceSha256,
        }
        : [];
}
