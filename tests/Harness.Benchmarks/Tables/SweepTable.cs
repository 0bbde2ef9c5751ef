using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Harness.Benchmarks.Tables;

/// <summary>
/// What a sweep costs beside its steps: from the command to the first training step, between two runs of a worker, and what a second worker brings. Real
/// sweeps of eight equal runs (d64, two layers), whose logs tell the times.
/// </summary>
internal static class SweepTable
{
    private const int Runs = 8;

    private const string Sweep = """
        name: benchmark
        model: {family: gpt2, n_layer: 2, d_model: 64, n_head: 4, context_length: 128}
        data: {source: dotnet-docs, tokenizer: bytes}
        training:
          batch_tokens: 2048
          tokens: 480k
          lr_schedule: {kind: cosine, warmup_fraction: 0.03, final_fraction: 0.1}
        evaluation: {tokens: 16Ki, count: 1}
        execution: {stack: off}
        sweep:
          product:
            training.peak_lr: [0.001, 0.0015, 0.002, 0.0025, 0.003, 0.0035, 0.004, 0.0045]
        """;

    public static void Print()
    {
        Console.WriteLine("a sweep's own time                       workers   command to first step   worker to first step   between two runs, median (max)   8 runs");
        var seconds = new Dictionary<int, double>();
        foreach (var workers in (int[])[1, 2, 2, 1]) // both orders; the better of each counts, and the first start warms the disk's cache
        {
            if (workers > Environment.ProcessorCount)
            {
                continue;
            }

            var t = Measure(workers);
            seconds[workers] = Math.Min(t.Runs, seconds.GetValueOrDefault(workers, double.PositiveInfinity));
            Console.WriteLine($"d64 L2 B16 T128, 480k tokens a run {workers,13}{t.Command,20:F2} s {t.Worker,20:F2} s {1000 * t.Between,23:F0} ms ({1000 * t.BetweenMost:F0} ms) {t.Runs,13:F1} s");
        }

        if (seconds.Count == 2)
        {
            Console.WriteLine($"two workers give {seconds[1] / seconds[2]:F2} times the runs of one");
        }
    }

    private static Times Measure(int workers)
    {
        var folder = Directory.CreateTempSubdirectory("harness-benchmark-").FullName;
        try
        {
            var sweep = Path.Combine(folder, "benchmark.yaml");
            File.WriteAllText(sweep, Sweep);
            var began = DateTime.UtcNow;
            var start = new ProcessStartInfo("dotnet",
                [Path.Combine(AppContext.BaseDirectory, "harness.dll"), "run", sweep, "--results", folder, "--workers", workers.ToString(CultureInfo.InvariantCulture)])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using (var process = Process.Start(start)!)
            {
                var errors = process.StandardError.ReadToEndAsync();
                process.StandardOutput.ReadToEnd();
                process.WaitForExit();
                if (process.ExitCode != 0)
                {
                    throw new InvalidOperationException($"harness run ended with {process.ExitCode}: {errors.Result}");
                }
            }

            var attempts = Directory.EnumerateFiles(folder, "log.jsonl", SearchOption.AllDirectories).Where(f => Path.GetFileName(Path.GetDirectoryName(f))!.StartsWith("attempt-", StringComparison.Ordinal))
                .Select(Attempt.Of).OrderBy(a => a.Trains).ToList();
            var between = attempts.GroupBy(a => a.Process).SelectMany(worker => worker.Zip(worker.Skip(1), (a, b) => (b.Trains - a.Finished).TotalSeconds)).Order().ToList();
            return new Times(
                (attempts[0].Trains - began).TotalSeconds,
                attempts.GroupBy(a => a.Process).Max(worker => (worker.First().Trains - worker.First().Started).TotalSeconds),
                between[between.Count / 2],
                between[^1],
                (attempts.Max(a => a.Finished) - attempts[0].Trains).TotalSeconds);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Seconds.</summary>
    private sealed record Times(double Command, double Worker, double Between, double BetweenMost, double Runs);

    /// <summary>What an attempt's claim and log say about when.</summary>
    private sealed record Attempt(string Process, DateTime Started, DateTime Trains, DateTime Finished)
    {
        public static Attempt Of(string log)
        {
            using var claim = JsonDocument.Parse(File.ReadAllText(Path.Combine(Path.GetDirectoryName(log)!, "claim")));
            var process = Find(claim.RootElement, "process") ?? throw new InvalidDataException($"{log}: its claim names no process");
            // proc(5): the claim's last part is the process's start in hundredths of a second since the boot.
            var boot = DateTime.UtcNow - TimeSpan.FromSeconds(double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture));
            var lines = File.ReadLines(log).Select(l => JsonDocument.Parse(l).RootElement).ToList();
            DateTime At(string message) => lines.First(l => l.GetProperty("message").GetString()!.StartsWith(message, StringComparison.Ordinal)).GetProperty("at").GetDateTime().ToUniversalTime();
            return new Attempt(process, boot.AddSeconds(long.Parse(process.Split('_')[^1], CultureInfo.InvariantCulture) / 100.0), At("training from the start"), At("finished"));
        }

        private static string? Find(JsonElement element, string name) => element.ValueKind != JsonValueKind.Object ? null
            : element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()
            : element.EnumerateObject().Select(p => Find(p.Value, name)).FirstOrDefault(found => found is not null);
    }
}
