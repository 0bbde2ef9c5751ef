using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Harness.Benchmarks.Tables;

/// <summary><c>rows [COUNT]</c>: how fast, and in how much memory, the program fits a table of very many rows. Each line is a process of its own; what it finds is held against the law that made the rows.</summary>
internal static class RowsTable
{
    private const double E = 1.7, A = 400, B = 1500, Alpha = 0.34, Beta = 0.36, Noise = 0.01;

    public static void Print(int count)
    {
        string folder = Directory.CreateTempSubdirectory("harness-rows-").FullName;
        try
        {
            string table = Path.Combine(folder, "points.csv");
            long start = Stopwatch.GetTimestamp();
            Write(table, count);
            Console.WriteLine(Invariant($"{count:N0} rows of 5 columns, {new FileInfo(table).Length / 1e6:F0} MB, written in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s"));
            Console.WriteLine("harness fit                                          seconds       rows/s   peak MB   points fitted   alpha - truth, in standard errors");
            Run(folder, count, "chinchilla, log-huber", table, "--law", "chinchilla");
            Run(folder, count, "the same, repeated rows allowed", table, "--law", "chinchilla", "--duplicates", "keep");
            Run(folder, count, "chinchilla, log-mse", table, "--law", "chinchilla", "--objective", "log-mse");
            Run(folder, count, "chinchilla, log-lad", table, "--law", "chinchilla", "--objective", "log-lad");
            Run(folder, count, "--where dataset=c4 --d flops/(6*N)", table, "--law", "chinchilla", "--where", "dataset=c4", "--d", "flops/(6*N)");
            Run(folder, count, "one row in a hundred by --where", table, "--law", "chinchilla", "--where", "N<1.0715e7");
            Run(folder, count, "parameters given (no search)", table, "--law", "chinchilla", "--at", Invariant($"e={E},a={A},b={B},alpha={Alpha},beta={Beta}"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Run(string folder, int rows, string what, params string[] fit)
    {
        string fits = Path.Combine(folder, "fits.json");
        string program = Path.Combine(AppContext.BaseDirectory, "Harness.Benchmarks.dll");
        long start = Stopwatch.GetTimestamp();
        using Process process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [program, "verb", "fit", .. fit, "--out", fits]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        long peak = 0;
        while (!process.WaitForExit(20))
        {
            peak = Math.Max(peak, PeakBytes(process.Id));
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{what}: exit code {process.ExitCode}: {error.Result}");
        }

        _ = output.Result;
        using JsonDocument read = JsonDocument.Parse(File.ReadAllText(fits));
        JsonElement found = read.RootElement.GetProperty("fits")[0];
        long points = found.GetProperty("points").GetInt64();
        string off = found.GetProperty("standard_errors").TryGetProperty("alpha", out JsonElement e) && e.ValueKind == JsonValueKind.Number
            ? Invariant($"{(found.GetProperty("parameters").GetProperty("alpha").GetDouble() - Alpha) / e.GetDouble():F2}")
            : "";
        Console.WriteLine(Invariant($"{what,-48} {seconds,11:F1} {rows / seconds,12:N0} {peak / 1e6,9:N0} {points,15:N0}   {off}"));
    }

    /// <summary>The most memory that a process ever held, from /proc; 0 where there is none.</summary>
    private static long PeakBytes(int process)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : 1024 * long.Parse(line.AsSpan(6, line.Length - 6 - " kB".Length), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static void Write(string path, int count)
    {
        Random random = new(1);
        using StreamWriter writer = new(path, false, new UTF8Encoding(false), 1 << 20);
        writer.Write("dataset,N,D,flops,loss\n");
        string[] datasets = ["c4", "rpj"];
        for (int i = 0; i < count; i++)
        {
            double n = Math.Round(Math.Pow(10, 7 + (3 * random.NextDouble()))), d = Math.Round(Math.Pow(10, 9 + (3 * random.NextDouble())));
            double noise = Noise * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5);
            double loss = (E + (A * Math.Pow(n, -Alpha)) + (B * Math.Pow(d, -Beta))) * Math.Exp(noise);
            writer.Write(datasets[i & 1]);
            writer.Write(string.Create(CultureInfo.InvariantCulture, $",{n},{d},{6 * n * d:R},{loss:R}\n"));
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
