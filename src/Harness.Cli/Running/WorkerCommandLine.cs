using System.CommandLine;
using System.Globalization;
using Harness.Cli.Hosting;
using Harness.Core.Runs;
using Harness.Execution.Orchestration;

namespace Harness.Cli.Running;

/// <summary>The command line of <c>harness worker</c>, written by an orchestrator and read by the worker: one place for both directions.</summary>
internal sealed class WorkerCommandLine
{
    public Option<string> Store { get; } = new("--store") { Description = "Folder of the sweep, such as results/quickstart.", Required = true };

    public Option<string> Device { get; } = new("--device") { Description = "cpu or cuda:K.", DefaultValueFactory = _ => "cpu" };

    public Option<int> Threads { get; } = new("--threads") { Description = "CPU threads for tensor work.", DefaultValueFactory = _ => 1 };

    public Option<int?> MicroBatch { get; } = new("--micro-batch") { Description = "Sequences a forward pass; the batch is accumulated from these. Default: the whole batch, or what memory allows." };

    public Option<int?> CheckpointSteps { get; } = new("--checkpoint-every-steps") { Description = "Optimizer steps between checkpoints." };

    public Option<double?> CheckpointSeconds { get; } = new("--checkpoint-every-seconds") { Description = "Seconds between checkpoints." };

    public Option<bool> Fast { get; } = new("--fast") { Description = "Give up bit-for-bit reproducibility where that is faster (GPU)." };

    public Option<string> Stack { get; } = new("--stack") { Description = "Runs of one shape trained together: auto (as many as a short calibration finds best), off, or a number from 2 to 64.", DefaultValueFactory = _ => "off" };

    public Option<int> Workers { get; } = new("--workers") { Description = "Workers that share the sweep, this one included; a stack leaves the others their part.", DefaultValueFactory = _ => 1 };

    public Option<string> RunsPerWorker { get; } = new("--runs-per-worker") { Description = "Different runs trained at the same time: auto (on a GPU as many as a short calibration finds best, on a CPU one), or a number from 1 to 16.", DefaultValueFactory = _ => "1" };

    public Option<long?> Memory { get; } = new("--memory") { Description = "Bytes of the device's memory that runs at the same time may fill, by the plan's estimates. Default: what is free when the worker starts." };

    public Option<bool> Wait { get; } = new("--wait") { Description = "Stay while other workers train, to take over from those that die." };

    public IEnumerable<Option> All => [Store, Device, Threads, MicroBatch, CheckpointSteps, CheckpointSeconds, Stack, RunsPerWorker, Memory, Workers, Fast, Wait];

    /// <summary>The settings that a worker was started with.</summary>
    public ExecutionSettings Settings(ParseResult parsed) => new()
    {
        Device = parsed.GetValue(Device)!,
        Threads = parsed.GetValue(Threads),
        MicroBatchSequences = parsed.GetValue(MicroBatch),
        CheckpointEverySteps = parsed.GetValue(CheckpointSteps),
        CheckpointEvery = parsed.GetValue(CheckpointSeconds) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        Stack = StackChoice.Parse(parsed.GetValue(Stack))
            ?? throw new UserMistakeException($"--stack: '{Printable.Text(parsed.GetValue(Stack))}' was given; auto, off or a number from 2 to {StackChoice.Limit} is allowed."),
        RunsPerWorker = Workplace.RunsPerWorkerOf(parsed.GetValue(RunsPerWorker)),
        Deterministic = !parsed.GetValue(Fast),
    };

    /// <summary>The command that starts a worker with these settings in a slot.</summary>
    /// <param name="store">The sweep's folder.</param>
    /// <param name="settings">The worker's settings but for its device.</param>
    /// <param name="workers">Workers that share the sweep.</param>
    /// <param name="memory">Bytes of its device's memory that a worker in a slot may fill; null where unknown.</param>
    public static WorkerCommand For(string store, ExecutionSettings settings, int workers, Func<WorkerSlot, long?> memory) =>
        slot => SelfProcess.With(Arguments(store, slot, settings, workers, settings.RunsPerWorker.On(slot.Device) > 1 ? memory(slot) : null));

    private static IEnumerable<string> Arguments(string store, WorkerSlot slot, ExecutionSettings settings, int workers, long? memory)
    {
        yield return "worker";
        yield return "--store";
        yield return store;
        yield return "--device";
        yield return slot.Device;
        yield return "--threads";
        yield return Text(settings.Threads);
        yield return "--stack";
        yield return settings.Stack.ToString();
        yield return "--workers";
        yield return Text(workers);
        foreach (var (option, value) in (IEnumerable<(string, string?)>)
        [
            ("--runs-per-worker", settings.RunsPerWorker.On(slot.Device) > 1 ? settings.RunsPerWorker.ToString() : null),
            ("--memory", memory?.ToString(CultureInfo.InvariantCulture)),
            ("--micro-batch", settings.MicroBatchSequences is { } rows ? Text(rows) : null),
            ("--checkpoint-every-steps", settings.CheckpointEverySteps is { } steps ? Text(steps) : null),
            ("--checkpoint-every-seconds", settings.CheckpointEvery is { } every ? every.TotalSeconds.ToString("R", CultureInfo.InvariantCulture) : null),
        ])
        {
            if (value is not null)
            {
                yield return option;
                yield return value;
            }
        }

        if (!settings.Deterministic)
        {
            yield return "--fast";
        }
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
