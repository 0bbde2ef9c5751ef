using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Status;
using Harness.Execution.Store;
using Harness.Execution.Synthetic;
using Harness.Execution.Workers;

namespace Harness.Execution.Tests.Chaos;

/// <summary>A store to be tormented, and what it must look like in the end.</summary>
internal sealed class Sweep
{
    private readonly IReadOnlyList<PlannedRun> _runs;

    public Sweep(string folder, IReadOnlyList<PlannedRun> runs)
    {
        Folder = folder;
        _runs = runs;
        Store = RunStore.Create(folder, "sweep", "x: 1\n"u8, runs);
    }

    public string Folder { get; }

    public RunStore Store { get; }

    /// <summary>Lets go of the runs that processes with the setting GATE_STEP hold there.</summary>
    public void OpenGate() => File.WriteAllBytes(Folder + ".gate", []);

    public List<RunStanding> Standings() => [.. new StatusReader(Store, new RetryBudget()).Read()];

    public bool IsDone => Standings().TrueForAll(s => s.State == RunState.Done);

    /// <summary>Workers that have a run now.</summary>
    public List<ProcessIdentity> Workers() =>
    [
        .. _runs.Select(r => RunLook.At(Store.Files, Store.FolderOf(r.Id)))
            .Where(l => l.Open is not null && l.Claim is not null)
            .Select(l => ProcessIdentity.Parse(l.Claim!.Process)!)
            .Where(p => p.Look() == Liveness.Alive)
            .Distinct(),
    ];

    /// <summary>
    /// Every run has its result once, from one finished attempt; results and rows are those of an undisturbed sweep; no attempt is open, no temporary
    /// file is left, and no process.
    /// </summary>
    public void AssertAsUndisturbed()
    {
        using var folder = new TemporaryFolder();
        var other = RunStore.Create(folder["calm"], "sweep", "x: 1\n"u8, [.. _runs.Select(Hurried)]);
        Worker.Run(other, new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings() }, default);

        Assert.All(Standings(), s => Assert.True(s.State == RunState.Done, $"{s.Run.Name}: {s.State} {s.Cause} {s.Message}"));
        Assert.Equal(other.Completed().Select(c => Bare(c.Result)), Store.Completed().Select(c => Bare(c.Result)));
        Assert.Equal(other.Curves().Select(c => Bare(c.Row)), Store.Curves().Select(c => Bare(c.Row)));
        foreach (var run in _runs)
        {
            var runFolder = Store.FolderOf(run.Id);
            var attempts = runFolder.List().Attempts.Select(runFolder.Attempt).ToList();
            Assert.Single(attempts, a => a.ReadOutcome().Content?.Result is not null);
            Assert.All(attempts, a => Assert.True(a.IsOver));
            Assert.All(attempts, a => Assert.True(new FileInfo(a.LogPath).Length > 0, a.LogPath));
        }

        var leftovers = Directory.EnumerateFileSystemEntries(Folder, "*", SearchOption.AllDirectories)
            .Where(p => p.EndsWith(".tmp", StringComparison.Ordinal) || Path.GetDirectoryName(p) is var d && (d == Store.WorkersFolder || d == Store.OrchestratorsFolder));
        Assert.Empty(leftovers);
        Assert.Empty(ProcessesOn(Folder));
    }

    /// <summary>Processes whose command line names a folder.</summary>
    public static List<int> ProcessesOn(string folder)
    {
        var found = new List<int>();
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(d => int.TryParse(Path.GetFileName(d), out _)))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(process, "cmdline")).Contains(folder, StringComparison.Ordinal))
                {
                    found.Add(int.Parse(Path.GetFileName(process), System.Globalization.CultureInfo.InvariantCulture));
                }
            }
            catch (IOException)
            {
                // It ended meanwhile.
            }
        }

        return found;
    }

    /// <summary>The same run without waiting, and trained from its start; only what the wait would measure differs.</summary>
    private static PlannedRun Hurried(PlannedRun run)
    {
        var spec = run.Spec with { Synthetic = run.Spec.Synthetic! with { SecondsPerRun = 0 } };
        return run with { Spec = spec, Id = RunId.Of(spec), Branch = null };
    }

    private static RunResult Bare(RunResult result) =>
        result with { Id = default, WeightsHash = null, Device = null, TrainSeconds = null, TokensPerSecond = null, Inherited = null, Stack = null, RunsAtOnce = null };

    private static MetricRow Bare(MetricRow row) => row with { Seconds = null, TokensPerSecond = null };
}
