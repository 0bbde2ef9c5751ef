using System.CommandLine;
using Harness.Cli.Hosting;
using Harness.Core.Runs;
using Harness.Execution.Orchestration;
using Harness.Sweeps.Requests;

namespace Harness.Cli.Running;

/// <summary>Where a sweep's workers work: devices, how many a device, threads.</summary>
internal sealed class Workplace
{
    public Option<int?> Workers { get; } = new("--workers") { Description = "Runs side by side. Default: execution.workers of the sweep; else one a core on a CPU, one a device on GPUs." };

    public Option<string[]> Devices { get; } = new("--device")
    {
        Description = "cpu or cuda:K; several with commas. Default: every CUDA device that the engine can use, else the CPU.",
        CustomParser = result => [.. result.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
    };

    public Option<int?> Threads { get; } = new("--threads") { Description = "CPU threads a worker. Default: execution.threads of the sweep, else 1; several single-thread workers beat one run on all cores." };

    public Option<string?> RunsPerWorker { get; } = new("--runs-per-worker") { Description = "Different runs that each worker trains at the same time, on streams of their own: auto, or a number from 1 to 16. Default: execution.runs_per_worker of the sweep, else auto." };

    public IEnumerable<Option> All => [Workers, Devices, Threads, RunsPerWorker];

    /// <summary>The slots for workers, spread over the devices.</summary>
    /// <exception cref="UserMistakeException">A device name has no meaning, or a count is below 1.</exception>
    public IReadOnlyList<WorkerSlot> Slots(ParseResult parsed, ExecutionRequest request)
    {
        IReadOnlyList<string> devices = parsed.GetValue(Devices) is { Length: > 0 } named ? named : Machine.DefaultDevices();
        if (devices.FirstOrDefault(d => !IsDevice(d)) is { } odd)
        {
            throw new UserMistakeException($"--device: '{Printable.Text(odd)}' is no device; cpu or cuda:K (K from 0) is allowed; harness doctor lists what is here.");
        }

        var threads = ThreadsOf(parsed, request);
        var workers = parsed.GetValue(Workers) ?? request.Workers
            ?? (devices is ["cpu"] ? Math.Max(1, Environment.ProcessorCount / threads) : devices.Count);
        return workers >= 1
            ? [.. Enumerable.Range(0, workers).Select(i => new WorkerSlot(i, devices[i % devices.Count]))]
            : throw new UserMistakeException($"--workers: {workers} was given; at least 1 is needed.");
    }

    /// <summary>CPU threads of each worker.</summary>
    public int ThreadsOf(ParseResult parsed, ExecutionRequest request) => parsed.GetValue(Threads) switch
    {
        null => request.Threads,
        < 1 => throw new UserMistakeException($"--threads: {parsed.GetValue(Threads)} was given; at least 1 is needed."),
        var given => given.Value,
    };

    /// <summary>The sweep's execution with what the command line says instead.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="request">The sweep's.</param>
    /// <param name="slots">Where workers work.</param>
    /// <exception cref="UserMistakeException">A choice has no meaning, or can't be had on these devices.</exception>
    public ExecutionRequest Asked(ParseResult parsed, ExecutionRequest request, IReadOnlyList<WorkerSlot> slots)
    {
        var asked = request with
        {
            Threads = ThreadsOf(parsed, request),
            RunsPerWorker = parsed.GetValue(RunsPerWorker) is { } text ? RunsPerWorkerOf(text) : request.RunsPerWorker,
        };
        return asked is { Threads: > 1, RunsPerWorker.Most: > 1 } && slots.Any(s => s.Device == "cpu" && asked.RunsPerWorker.On(s.Device) > 1)
            ? throw new UserMistakeException($"runs per worker: {asked.RunsPerWorker} was asked for with {asked.Threads} threads on a CPU; there a worker with several threads trains one run at a time. Use more workers, or --threads 1.")
            : asked;
    }

    /// <summary>Reads a choice.</summary>
    /// <exception cref="UserMistakeException">It has no meaning.</exception>
    public static RunsPerWorker RunsPerWorkerOf(string? text) => Core.Runs.RunsPerWorker.Parse(text)
        ?? throw new UserMistakeException($"--runs-per-worker: '{Printable.Text(text)}' was given; auto or a number from 1 to {Core.Runs.RunsPerWorker.Limit} is allowed.");

    /// <summary>Bytes that a worker in each slot may fill: what is free on its device, shared equally; null where unknown.</summary>
    public static Func<WorkerSlot, long?> MemoryOf(IReadOnlyList<WorkerSlot> slots)
    {
        var free = slots.GroupBy(s => s.Device).ToDictionary(
            g => g.Key, g => new Lazy<long?>(() => (g.Key == "cpu" ? Preflight.AvailableMemory() : Machine.FreeDeviceBytes(g.Key)) / g.Count()));
        return slot => free[slot.Device].Value;
    }

    private static bool IsDevice(string name) =>
        name == "cpu" || (name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), System.Globalization.NumberStyles.None, null, out _));
}
