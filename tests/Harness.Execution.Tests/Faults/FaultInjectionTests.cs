using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Status;
using Harness.Execution.Store;
using Harness.Execution.Synthetic;
using Harness.Execution.Workers;

namespace Harness.Execution.Tests.Faults;

/// <summary>
/// The whole life of two runs (plan, claim, rows, checkpoints, result) with the N-th call on the disk going wrong, for every N. Afterwards the state is that
/// of before or after the call, and a restart ends exactly like an undisturbed sweep.
/// </summary>
public class FaultInjectionTests
{
    private static readonly IReadOnlyList<PlannedRun> Runs = Some.Runs(2, steps: 12);
    private static readonly Lazy<(List<MetricRow> Rows, List<RunResult> Results, int Calls)> Undisturbed = new(RunUndisturbed);

    [Theory]
    [InlineData(nameof(Fault.Kill))]
    [InlineData(nameof(Fault.KillAfter))]
    [InlineData(nameof(Fault.IoError))]
    [InlineData(nameof(Fault.DiskFull))]
    public void Any_call_may_go_wrong_and_the_sweep_ends_as_undisturbed(string fault)
    {
        for (var n = 1; n <= Undisturbed.Value.Calls; n++)
        {
            var disk = new MemoryFiles();
            var faulty = new FaultyFiles(disk, n, Enum.Parse<Fault>(fault));
            PlayUntilDone(faulty, process: 1);
            Assert.True(faulty.Happened, $"call {n} was never made");
            AssertUndisturbed(disk, $"{fault} at call {n}");
        }
    }

    [Fact]
    public void Power_may_fail_at_any_call_and_lose_what_was_not_synced()
    {
        var seeds = LongTests.Times(inShort: 2, inLong: 50);
        for (var n = 1; n <= Undisturbed.Value.Calls; n++)
        {
            for (var seed = 0; seed < seeds; seed++)
            {
                var disk = new MemoryFiles();
                PlayOnce(new FaultyFiles(disk, n, seed % 2 == 0 ? Fault.Kill : Fault.KillAfter), Process(1));
                disk.LosePower(new Random(1000 * n + seed));
                AssertUndisturbed(disk, $"power loss at call {n}, seed {seed}");
            }
        }
    }

    [Fact]
    public void Two_faults_in_a_row_are_survived_too()
    {
        var random = new Random(7);
        for (var i = 0; i < LongTests.Times(100, 5000); i++)
        {
            var disk = new MemoryFiles();
            for (var process = 1; process <= 3; process++)
            {
                PlayOnce(new FaultyFiles(disk, random.Next(1, Undisturbed.Value.Calls), (Fault)random.Next(4)), Process(process));
                if (random.Next(2) == 0)
                {
                    disk.LosePower(random);
                }
            }

            AssertUndisturbed(disk, $"round {i}");
        }
    }

    private static (List<MetricRow>, List<RunResult>, int) RunUndisturbed()
    {
        var disk = new MemoryFiles();
        var counting = new FaultyFiles(disk, at: -1, Fault.Kill);
        PlayOnce(counting, Process(1));
        var store = RunStore.Open(disk, "/sweep");
        return ([.. store.Curves().Select(c => c.Row)], [.. store.Completed().Select(c => c.Result)], counting.Calls);
    }

    /// <summary>A process on the faulty disk, then others on a good one until nothing is left.</summary>
    private static void PlayUntilDone(FaultyFiles faulty, int process)
    {
        while (!PlayOnce(faulty, Process(process)) && !faulty.Happened)
        {
            process++;
        }
    }

    private static void AssertUndisturbed(MemoryFiles disk, string what)
    {
        var good = new FaultyFiles(disk, at: -1, Fault.Kill);
        Assert.True(PlayOnce(good, Process(99)), what);
        var store = RunStore.Open(disk, "/sweep");
        store.RemoveLeftovers();
        var standings = new StatusReader(store, Budget).Read().ToList();
        Assert.True(standings.All(s => s.State == RunState.Done), $"{what}: {string.Join("; ", standings.Select(s => $"{s.State} {s.Cause} {s.Message}"))}");
        Assert.Equal(Undisturbed.Value.Results, store.Completed().Select(c => c.Result));
        Assert.Equal(Undisturbed.Value.Rows, store.Curves().Select(c => c.Row));
        var leftovers = disk.AllPaths().Where(p => p.EndsWith(".tmp", StringComparison.Ordinal) || p.StartsWith("/sweep/workers/", StringComparison.Ordinal));
        Assert.True(!leftovers.Any(), $"{what}: {string.Join(' ', leftovers)}");
    }

    private static RetryBudget Budget => new() { Killed = 5 };

    /// <summary>Plans and works; false if the process died.</summary>
    private static bool PlayOnce(FaultyFiles files, ProcessIdentity process)
    {
        try
        {
            var store = StoreFoundation.Lay(files, process, "/sweep", "sweep", "x: 1\n"u8, Runs);
            var options = new WorkerOptions
            {
                Settings = Some.Settings(checkpointEverySteps: 4),
                Budget = Budget,
                HeartbeatEvery = TimeSpan.FromHours(1),
                LookAgainAfter = TimeSpan.FromMilliseconds(1),
                Process = process,
            };
            return Worker.Run(store, new SyntheticTrainer(), options, default) == WorkerEnd.NothingLeft;
        }
        catch (Exception e) when (e is ProcessKilledException or IOException or StoreException)
        {
            return false;
        }
    }

    /// <summary>A process of this machine that is no more (pids end at 2^22).</summary>
    private static ProcessIdentity Process(int number) => ProcessIdentity.Current with { Pid = 5_000_000 + number };
}
