using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Status;
using Harness.Execution.Store;
using Harness.Execution.Synthetic;
using Harness.Execution.Workers;

namespace Harness.Execution.Tests.Faults;

/// <summary>A small sweep played on a disk that fails, and what it must look like in the end: as if every run had been trained alone and undisturbed.</summary>
internal sealed class FaultedSweep
{
    private readonly IReadOnlyList<PlannedRun> _runs;
    private readonly Lazy<(List<MetricRow> Rows, List<RunResult> Results, int Calls)> _undisturbed;

    public FaultedSweep(IReadOnlyList<PlannedRun> runs)
    {
        _runs = runs;
        _undisturbed = new(RunUndisturbed);
    }

    /// <summary>Calls on the disk that the whole sweep makes.</summary>
    public int Calls => _undisturbed.Value.Calls;

    /// <summary>A process of this machine that is no more (pids end at 2^22).</summary>
    public static ProcessIdentity Process(int number) => ProcessIdentity.Current with { Pid = 5_000_000 + number };

    /// <summary>A process on the faulty disk, then others on a good one until nothing is left.</summary>
    public void PlayUntilDone(FaultyFiles faulty, int process)
    {
        while (!PlayOnce(faulty, Process(process)) && !faulty.Happened)
        {
            process++;
        }
    }

    /// <summary>Plans and works; false if the process died.</summary>
    public bool PlayOnce(FaultyFiles files, ProcessIdentity process) => PlayOnce(files, process, _runs);

    /// <summary>Plays the sweep once for every call on the disk, with that call going wrong; each time it ends undisturbed.</summary>
    public void AssertAnyCallMayFail(Fault fault)
    {
        for (var n = 1; n <= Calls; n++)
        {
            var disk = new MemoryFiles();
            var faulty = new FaultyFiles(disk, n, fault);
            PlayUntilDone(faulty, process: 1);
            Assert.True(faulty.Happened, $"call {n} was never made");
            AssertUndisturbed(disk, $"{fault} at call {n}");
        }
    }

    /// <summary>Three processes in a row, each with a fault at a random call, and between them now and then a power loss; it ends undisturbed.</summary>
    public void AssertFaultsInARowAreSurvived(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < LongTests.Times(100, 5000); i++)
        {
            var disk = new MemoryFiles();
            for (var process = 1; process <= 3; process++)
            {
                PlayOnce(new FaultyFiles(disk, random.Next(1, Calls), (Fault)random.Next(4)), Process(process));
                if (random.Next(2) == 0)
                {
                    disk.LosePower(random);
                }
            }

            AssertUndisturbed(disk, $"round {i}");
        }
    }

    public void AssertUndisturbed(MemoryFiles disk, string what)
    {
        var good = new FaultyFiles(disk, at: -1, Fault.Kill);
        Assert.True(PlayOnce(good, Process(99)), what);
        var store = RunStore.Open(disk, "/sweep");
        store.RemoveLeftovers();
        var standings = new StatusReader(store, Budget).Read().ToList();
        Assert.True(standings.All(s => s.State == RunState.Done), $"{what}: {string.Join("; ", standings.Select(s => $"{s.State} {s.Cause} {s.Message}"))}");
        Assert.Equal(_undisturbed.Value.Results, store.Completed().Select(c => c.Result with { Inherited = null }));
        Assert.Equal(_undisturbed.Value.Rows, store.Curves().Select(c => c.Row));
        var leftovers = disk.AllPaths().Where(p => p.EndsWith(".tmp", StringComparison.Ordinal) || p.StartsWith("/sweep/workers/", StringComparison.Ordinal) || IsUnneededSnapshot(p, disk));
        Assert.True(!leftovers.Any(), $"{what}: {string.Join(' ', leftovers)}");
    }

    private static RetryBudget Budget => new() { Killed = 5 };

    private static bool PlayOnce(FaultyFiles files, ProcessIdentity process, IReadOnlyList<PlannedRun> runs)
    {
        try
        {
            var store = StoreFoundation.Lay(files, process, "/sweep", "sweep", "x: 1\n"u8, runs);
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

    private (List<MetricRow>, List<RunResult>, int) RunUndisturbed()
    {
        var counting = new FaultyFiles(new MemoryFiles(), at: -1, Fault.Kill);
        PlayOnce(counting, Process(1));
        var alone = new MemoryFiles();
        PlayOnce(new FaultyFiles(alone, at: -1, Fault.Kill), Process(1), [.. _runs.Select(r => r with { Branch = null })]);
        var store = RunStore.Open(alone, "/sweep");
        return ([.. store.Curves().Select(c => c.Row)], [.. store.Completed().Select(c => c.Result)], counting.Calls);
    }

    /// <summary>Whether a path is a trunk's checkpoint that was kept for branches only, and all of these are done.</summary>
    private bool IsUnneededSnapshot(string path, MemoryFiles disk) => _runs.Any(b => b.Branch is { } branch
        && path.Contains(branch.Trunk.Value, StringComparison.Ordinal)
        && path.EndsWith($"step-{branch.Step:D10}/manifest.json", StringComparison.Ordinal)
        && disk.AllPaths().Any(p => p.Contains(branch.Trunk.Value, StringComparison.Ordinal) && p.EndsWith("manifest.json", StringComparison.Ordinal) && string.CompareOrdinal(Step(p), Step(path)) > 0));

    private static string Step(string manifest) => Path.GetFileName(Path.GetDirectoryName(manifest))!;
}
