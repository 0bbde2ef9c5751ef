using Harness.Core.Runs;
using Harness.Execution.Status;
using Harness.Execution.Store;
using Harness.Execution.Synthetic;
using Harness.Execution.Workers;

namespace Harness.Execution.Tests;

/// <summary>Flipped bits and cut ends in every kind of file: found, or without effect on any number.</summary>
public class CorruptionTests
{
    private const long StopAfter = 13;

    [Theory]
    [InlineData("plan.json")]
    [InlineData("runs/*/spec.json")]
    [InlineData("runs/*/attempt-1/claim")]
    [InlineData("runs/*/attempt-1/heartbeat")]
    [InlineData("runs/*/attempt-1/outcome.json")]
    [InlineData("runs/*/attempt-1/metrics.csv")]
    [InlineData("runs/*/attempt-1/checkpoints/step-0000000010/state.safetensors")]
    [InlineData("runs/*/attempt-1/checkpoints/step-0000000010/manifest.json")]
    [InlineData("runs/*/attempt-1/log.jsonl")]
    [InlineData("runs/*/attempt-1/environment.json")]
    public void A_damaged_file_of_an_interrupted_run_is_found_or_harmless(string file)
    {
        using var folder = new TemporaryFolder();
        var run = Some.Run();
        var store = RunStore.Create(folder["sweep"], "sweep", "x: 1\n"u8, [run]);
        using (var stop = new CancellationTokenSource())
        {
            Worker.Run(store, new StoppingTrainer(stop, StopAfter), new WorkerOptions { Settings = Some.Settings(5) }, stop.Token);
        }

        var path = folder[$"sweep/{file.Replace("*", run.Id.Value, StringComparison.Ordinal)}"];
        var truth = Undisturbed(run);
        foreach (var bytes in Damages(File.ReadAllBytes(path)))
        {
            using var copy = new TemporaryFolder();
            Copy(folder["sweep"], copy["sweep"]);
            var damaged = copy[$"sweep/{file.Replace("*", run.Id.Value, StringComparison.Ordinal)}"];
            File.WriteAllBytes(damaged, bytes);
            RunStore opened;
            try
            {
                opened = RunStore.Open(copy["sweep"]);
            }
            catch (StoreException e)
            {
                Assert.Contains(damaged, e.Message, StringComparison.Ordinal);
                continue;
            }

            Worker.Run(opened, new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings(5) }, default);
            if (new StatusReader(opened, new()).Read().Single() is { State: RunState.Failed } failed)
            {
                Assert.Equal(FailureCause.CheckpointsDamaged, failed.Cause); // Loud; never a silent start from step 0.
                continue;
            }

            Assert.Equal(truth.Result, opened.Completed().Single().Result);
            Assert.Equal(truth.Rows, opened.Curves().Select(c => c.Row).ToList());
        }
    }

    [Theory]
    [InlineData("runs/*/result.json")]
    [InlineData("runs/*/attempt-1/metrics.csv")]
    public void A_damaged_file_of_a_finished_run_never_changes_a_number(string file)
    {
        using var folder = new TemporaryFolder();
        var run = Some.Run();
        var store = RunStore.Create(folder["sweep"], "sweep", "x: 1\n"u8, [run]);
        Worker.Run(store, new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings(5) }, default);
        var truth = (store.Completed().Single().Result, Rows: store.Curves().Select(c => c.Row).ToList());
        var path = folder[$"sweep/{file.Replace("*", run.Id.Value, StringComparison.Ordinal)}"];
        var whole = File.ReadAllBytes(path);
        var found = 0;
        var all = Damages(whole).ToList();
        foreach (var bytes in all)
        {
            File.WriteAllBytes(path, bytes);
            try
            {
                if (store.Completed().SingleOrDefault()?.Result is { } result)
                {
                    Assert.Equal(truth.Result, result);
                    Assert.Equal(truth.Rows, store.Curves().Select(c => c.Row).ToList());
                }
                else
                {
                    found++;
                    var standing = new StatusReader(store, new()).Read().Single();
                    Assert.Equal(RunState.Interrupted, standing.State);
                    Assert.NotNull(standing.Message);
                }
            }
            catch (StoreException)
            {
                found++;
            }
        }

        // What is not found is a change of a blank or of the case of an exponent: no number differs, as asserted above.
        Assert.True(found >= all.Count * 8 / 10, $"{found} of {all.Count} damages were found");
        File.WriteAllBytes(path, [.. whole.Take(whole.Length / 2)]);
        if (file.EndsWith("result.json", StringComparison.Ordinal))
        {
            // The run is trained again, from its newest checkpoint, to the same numbers.
            Worker.Run(store, new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings(5) }, default);
            Assert.Equal(truth.Result, store.Completed().Single().Result);
            Assert.Equal(truth.Rows, store.Curves().Select(c => c.Row).ToList());
        }
    }

    [Fact]
    public void A_run_whose_checkpoints_are_all_damaged_fails_loudly_and_names_them()
    {
        using var folder = new TemporaryFolder();
        var run = Some.Run();
        var store = RunStore.Create(folder["sweep"], "sweep", "x: 1\n"u8, [run]);
        using (var stop = new CancellationTokenSource())
        {
            Worker.Run(store, new StoppingTrainer(stop, StopAfter), new WorkerOptions { Settings = Some.Settings(5) }, stop.Token);
        }

        var states = Directory.GetFiles(folder["sweep"], "state.safetensors", SearchOption.AllDirectories);
        Assert.Equal(2, states.Length);
        Array.ForEach(states, s => File.WriteAllBytes(s, [1, 2, 3]));

        Worker.Run(store, new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings(5) }, default);

        var standing = new StatusReader(store, new()).Read().Single();
        Assert.Equal((RunState.Failed, FailureCause.CheckpointsDamaged), (standing.State, standing.Cause!.Value));
        Assert.All(states, s => Assert.Contains(s, standing.Message, StringComparison.Ordinal));
    }

    /// <summary>Cut at 16 places (empty among them), and one bit flipped at each of 100 random places; fewer in the short version.</summary>
    private static IEnumerable<byte[]> Damages(byte[] whole)
    {
        var (cuts, flips) = LongTests.Wanted ? (16, 100) : (4, 12);
        for (var i = 0; i < cuts; i++)
        {
            yield return whole[..(whole.Length * i / cuts)];
        }

        var random = new Random(5);
        for (var i = 0; i < flips; i++)
        {
            var bytes = (byte[])whole.Clone();
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            yield return bytes;
        }
    }

    private static (RunResult Result, List<MetricRow> Rows) Undisturbed(PlannedRun run)
    {
        using var folder = new TemporaryFolder();
        var store = RunStore.Create(folder["calm"], "sweep", "x: 1\n"u8, [run]);
        Worker.Run(store, new SyntheticTrainer(), new WorkerOptions { Settings = Some.Settings(5) }, default);
        return (store.Completed().Single().Result, [.. store.Curves().Select(c => c.Row)]);
    }

    private static void Copy(string from, string to)
    {
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories).Prepend(from))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        }

        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
        }
    }
}

/// <summary>The synthetic trainer, asked to stop once it has recorded a step.</summary>
internal sealed class StoppingTrainer(CancellationTokenSource stop, long after) : ITrainer
{
    private readonly SyntheticTrainer _inner = new();

    public RunResult Train(RunSpec spec, IRunSession session) => _inner.Train(spec, new Session(session, stop, after));

    private sealed class Session(IRunSession inner, CancellationTokenSource stop, long after) : IRunSession
    {
        public ExecutionSettings Settings => inner.Settings;

        public ICheckpointShelf Checkpoints => inner.Checkpoints;

        public CancellationToken Stop => inner.Stop;

        public void Begin(long fromStep) => inner.Begin(fromStep);

        public void Record(MetricRow row)
        {
            inner.Record(row);
            if (row.Step >= after)
            {
                stop.Cancel();
            }
        }

        public void Report(RunProgress progress) => inner.Report(progress);

        public void Log(string message) => inner.Log(message);
    }
}
