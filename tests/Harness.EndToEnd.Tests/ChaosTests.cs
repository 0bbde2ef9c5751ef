using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace Harness.EndToEnd.Tests;

/// <summary>
/// A real sweep under the real program, whose processes are killed with SIGKILL at random moments until the given number is reached; then it must end
/// like an undisturbed one. HARNESS_CHAOS_KILLS is the number (5 by default; a fifth of them are workers, the rest orchestrators, alone or with their workers),
/// HARNESS_CHAOS_SEED another sequence of moments.
/// </summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    private static readonly string[] Line = ["run", Repository.Config("smoke.yaml"), "--workers", "2", "--retry-failed", "--set", "training.tokens=200k", "--set", "sweep.product={\"seed\": [1, 2]}"];

    [Fact]
    public void Killed_at_random_moments_a_real_sweep_ends_with_the_same_weights_and_rows()
    {
        using var folder = new TemporaryFolder();
        var calm = Repository.Run([.. Line, "--results", folder["calm"]]);
        Assert.True(calm.Code == 0, calm.Output + calm.Error);
        var expected = SweepPrint.Of(folder["calm/smoke"]);

        var wanted = Setting("HARNESS_CHAOS_KILLS", 5);
        var random = new Random(Setting("HARNESS_CHAOS_SEED", 1));
        var kills = new Kills();
        for (var sweeps = 1; kills.All < wanted; sweeps++)
        {
            var results = folder[$"broken{sweeps}"];
            while (kills.All < wanted)
            {
                using var process = Started(results);
                if (Torment(process, results, random, kills, wanted))
                {
                    break; // it was done before the next kill
                }
            }

            var (code, said, error) = Repository.Run([.. Line, "--results", results]);
            Assert.True(code == 0, said + error);
            var sweep = Path.Combine(results, "smoke");
            Assert.Equal(expected, SweepPrint.Of(sweep));
            SweepPrint.AssertClean(sweep);
            Directory.Delete(results, recursive: true);
        }

        output.WriteLine($"{kills.OfOrchestrators} kills of orchestrators and {kills.OfWorkers} of workers");
    }

    /// <summary>Kills until the orchestrator is gone, by a kill or because it was done: true then.</summary>
    private static bool Torment(Process process, string results, Random random, Kills kills, int wanted)
    {
        while (kills.All < wanted)
        {
            if (process.WaitForExit(TimeSpan.FromMilliseconds(random.Next(300, 4000))))
            {
                Assert.Equal(0, process.ExitCode);
                return true;
            }

            if (kills.All % 5 != 4)
            {
                process.Kill(entireProcessTree: random.Next(2) == 0);
                process.WaitForExit();
                kills.OfOrchestrators++;
                return false;
            }

            if (SweepPrint.ProcessesOn(results).Where(p => p != process.Id).ToList() is { Count: > 0 } live)
            {
                try
                {
                    using var worker = Process.GetProcessById(live[random.Next(live.Count)]);
                    worker.Kill();
                    kills.OfWorkers++;
                }
                catch (Exception e) when (e is ArgumentException or InvalidOperationException)
                {
                    // It ended just before.
                }
            }
        }

        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return true;
    }

    private static Process Started(string results)
    {
        var process = Repository.Start([.. Line, "--results", results]);
        _ = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();
        return process;
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : otherwise;

    private sealed class Kills
    {
        public int OfOrchestrators { get; set; }

        public int OfWorkers { get; set; }

        public int All => OfOrchestrators + OfWorkers;
    }
}
