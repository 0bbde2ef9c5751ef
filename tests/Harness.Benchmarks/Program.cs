using System.Globalization;
using Harness.Benchmarks;
using Harness.Benchmarks.Store;
using Harness.Benchmarks.Tables;
using Harness.Benchmarks.Twin;

// Speeds that the README and experiments/LOG.md quote, and the harness's half of experiments/throughput. Nothing else should be running.
//   ./harness benchmarks [steps|products|fits|sweep|stacks|store|checkpoints]...  tables; all of them without a name
//   ./harness benchmarks parity FOLDER SHAPE       writes weights, batches, gradients and losses for another program to repeat
//   ./harness benchmarks serve SHAPE THREADS       times steps on demand
//   ./harness benchmarks coverage [LAW]...         how often intervals of 95 % hold the truth (experiments/coverage)
//   ./harness benchmarks fits POINTS.csv           times fits on points that it writes, for experiments/fits-speed
//   ./harness benchmarks rows [COUNT]              fits of a table of ten million rows: seconds, rows a second, peak memory
//   ./harness benchmarks tokens FOLDER             writes the built-in corpus as raw 16-bit tokens
// SHAPE is LAYERS WIDTH HEADS BATCH CONTEXT.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args)
{
    case ["parity", var folder, .. var shape]:
        Parity.Write(folder, TwinShape.Parse(shape));
        return 0;
    case ["serve", var layers, var width, var heads, var batch, var context, var threads]:
        StepServer.Serve(TwinShape.Parse([layers, width, heads, batch, context]), int.Parse(threads, CultureInfo.InvariantCulture), Console.In, Console.Out);
        return 0;
    case ["coverage", .. var asked]:
        CoverageTable.Print(asked);
        return 0;
    case ["fits", var points] when points.EndsWith(".csv", StringComparison.Ordinal):
        FitSpeed.Print(points);
        return 0;
    case ["rows", .. var rows] when rows.Length < 2:
        RowsTable.Print(rows is [var count] ? (int)double.Parse(count, CultureInfo.InvariantCulture) : 10_000_000);
        return 0;
    case ["verb", .. var verb]: // the program itself, in a process whose memory can be watched
        return Harness.Cli.CommandLine.Invoke(verb);
    case ["tokens", var folder]:
        TokenExport.Write(folder);
        return 0;
}

var tables = new Dictionary<string, Action>(StringComparer.Ordinal)
{
    ["steps"] = StepTable.Print,
    ["products"] = ProductTable.Print,
    ["fits"] = () => FitSpeed.Print(),
    ["sweep"] = SweepTable.Print,
    ["stacks"] = StackTable.Print,
    ["store"] = StoreBenchmark.Run,
    ["checkpoints"] = CheckpointBenchmark.Run,
};
if (args.FirstOrDefault(name => !tables.ContainsKey(name)) is { } odd)
{
    Console.Error.WriteLine($"harness benchmarks: '{odd}' is not known; there is {string.Join(", ", tables.Keys)}, rows, parity, serve and tokens.");
    return 2;
}

Console.WriteLine($"{DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} threads, {(File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").First(l => l.StartsWith("model name", StringComparison.Ordinal))[13..] : "")}");
foreach (var table in args.Length > 0 ? args.Select(name => tables[name]) : tables.Values)
{
    Console.WriteLine();
    table();
}

return 0;
