using System.Diagnostics;
using System.Globalization;
using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Status;
using Harness.Execution.Store;
using Harness.Execution.Synthetic;
using Harness.Execution.Workers;
using Harness.Sweeps;
using Harness.Training.Data;

namespace Harness.Benchmarks.Store;

/// <summary>What the run store costs a sweep of thousands of runs: <c>./harness benchmarks store</c>.</summary>
internal static class StoreBenchmark
{
    private const int Runs = 5000;

    public static void Run()
    {
        var folder = Directory.CreateTempSubdirectory("harness-benchmark-").FullName;
        try
        {
            Console.WriteLine();
            Console.WriteLine($"run store in {folder}: {Runs} runs of no length, one worker; an fsync of 500 bytes takes {Median(20, () => Sync(folder)):F2} ms");
            var yaml = Path.Combine(folder, "many.yaml");
            File.WriteAllText(yaml, Sweep);
            Plan(yaml, Path.Combine(folder, "many"));
            Work(Path.Combine(folder, "many"));
            Status(Path.Combine(folder, "many"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Plan(string yaml, string store)
    {
        var start = Stopwatch.GetTimestamp();
        var plan = SweepReader.Read(yaml, new DataCatalog()).Plan ?? throw new InvalidOperationException("the benchmark's sweep has problems");
        var read = Stopwatch.GetElapsedTime(start).TotalSeconds;
        start = Stopwatch.GetTimestamp();
        RunStore.Create(store, plan.Slug, "x: 1\n"u8, plan.Runs);
        Line($"{plan.Runs.Count} runs planned in {read + Stopwatch.GetElapsedTime(start).TotalSeconds:F2} s (YAML to plan {read:F2}, plan to store {Stopwatch.GetElapsedTime(start).TotalSeconds:F2})");
    }

    /// <summary>Every run claimed, trained in no time, published: what is left is the store's own time.</summary>
    private static void Work(string folder)
    {
        var store = RunStore.Open(folder);
        var trainer = new Gaps();
        var (files, cpu, start) = (OpenFiles(), Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        Worker.Run(store, trainer, new WorkerOptions { Settings = new ExecutionSettings { Device = "cpu" } }, default);
        var (wall, used) = (Stopwatch.GetElapsedTime(start).TotalMilliseconds, (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds);
        var gaps = trainer.Milliseconds.Order().ToList();
        Line($"claim and publish: {wall / Runs:F2} ms a run on the wall (median {gaps[gaps.Count / 2]:F2}, 99th percentile {gaps[gaps.Count * 99 / 100]:F2}), {used / Runs:F2} ms of CPU");
        Line($"open files: {files} before, {OpenFiles()} after, {trainer.MostOpenFiles} at most");
    }

    private static void Status(string folder)
    {
        var times = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            var start = Stopwatch.GetTimestamp();
            var done = new StatusReader(RunStore.Open(folder), new RetryBudget()).Read().Count(s => s.State == RunState.Done);
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            if (done != Runs)
            {
                throw new InvalidOperationException($"{done} of {Runs} runs are done");
            }
        }

        times.Sort();
        Line($"status of {Runs} finished runs: {times[times.Count / 2]:F2} s (fastest {times[0]:F2})");
        var small = Path.Combine(Path.GetDirectoryName(folder)!, "few");
        var few = RunStore.Create(small, "few", "x: 1\n"u8, [.. RunStore.Open(folder).Runs.Take(Runs / 10)]);
        Worker.Run(few, new SyntheticTrainer(), new WorkerOptions { Settings = new ExecutionSettings { Device = "cpu" } }, default);
        var (tenth, all) = (Command("status", small), Command("status", folder));
        Line($"harness status as a process: {all.Seconds:F2} s and {all.PeakMegabytes:F0} MB for {Runs} runs, {tenth.Seconds:F2} s and {tenth.PeakMegabytes:F0} MB for {Runs / 10}");
    }

    /// <summary>The command line itself, from the start of its process to the end, and the most memory that it had.</summary>
    private static (double Seconds, double PeakMegabytes) Command(string verb, string folder)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "harness.dll"), verb, folder]) { RedirectStandardOutput = true };
        var began = Stopwatch.GetTimestamp();
        using var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet was not started");
        var peak = 0L;
        var reader = process.StandardOutput.ReadToEndAsync();
        while (!process.WaitForExit(5))
        {
            try
            {
                process.Refresh();
                peak = Math.Max(peak, process.WorkingSet64);
            }
            catch (InvalidOperationException)
            {
                // It ended between two looks.
            }
        }

        reader.Wait();
        return (Stopwatch.GetElapsedTime(began).TotalSeconds, peak / 1e6);
    }

    private static double Median(int times, Func<double> measure)
    {
        var all = Enumerable.Range(0, times).Select(_ => measure()).Order().ToList();
        return all[all.Count / 2];
    }

    private static double Sync(string folder)
    {
        var path = Path.Combine(folder, "sync");
        var start = Stopwatch.GetTimestamp();
        using (var stream = new FileStream(path, FileMode.Create))
        {
            stream.Write(new byte[500]);
            stream.Flush(flushToDisk: true);
        }

        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static int OpenFiles() => Directory.Exists("/proc/self/fd") ? Directory.GetFiles("/proc/self/fd").Length : 0;

    private static void Line(FormattableString text) => Console.WriteLine("  " + text.ToString(CultureInfo.InvariantCulture));

    private static readonly string Sweep = $$"""
        name: many
        model: {family: gpt2, n_layer: 2, d_model: 64, n_head: 4, context_length: 128, vocab_size: 256}
        training: {tokens: 10Ki, batch_tokens: 2048, peak_lr: 1e-3}
        synthetic: {e: 1.69, a: 406.4, b: 410.7, alpha: 0.34, beta: 0.28, noise: 0.005, seconds_per_run: 0}
        sweep: {product: {training.seed: {from: 1, to: {{Runs}}, step: 1 } } }
        """;

    /// <summary>Notes the time from the end of one run's training to the beginning of the next: publish, claim.</summary>
    private sealed class Gaps : ITrainer
    {
        private readonly SyntheticTrainer _inner = new();
        private long _last;

        public List<double> Milliseconds { get; } = [];

        public int MostOpenFiles { get; private set; }

        public RunResult Train(RunSpec spec, IRunSession session)
        {
            if (_last != 0)
            {
                Milliseconds.Add(Stopwatch.GetElapsedTime(_last).TotalMilliseconds);
            }

            var result = _inner.Train(spec, session);
            if (Milliseconds.Count % 500 == 0)
            {
                MostOpenFiles = Math.Max(MostOpenFiles, OpenFiles());
            }

            _last = Stopwatch.GetTimestamp();
            return result;
        }
    }
}
