using Harness.Core.Runs;
using Harness.Execution.Attempts;
using Harness.Execution.Claims;
using Harness.Execution.Files;
using Harness.Execution.Status;
using Harness.Execution.Workers;

namespace Harness.Execution.Store;

/// <summary>
/// The folder of a sweep, <c>results/&lt;sweep&gt;</c>: the sweep as written, the frozen plan, and a folder for every run that was begun. Any number of
/// processes on any number of machines may have it open. It can be moved and copied: nothing in it names its own place.
/// </summary>
public sealed class RunStore
{
    private readonly string _runsFolder;

    private RunStore(IFileLayer files, string folder, string sweep, IReadOnlyList<PlannedRun> runs)
    {
        Files = files;
        Folder = folder;
        Sweep = sweep;
        Runs = runs;
        _runsFolder = Path.Combine(folder, "runs");
    }

    /// <summary>The store's folder, absolute.</summary>
    public string Folder { get; }

    /// <summary>Name of the sweep.</summary>
    public string Sweep { get; }

    /// <summary>The plan, in its order.</summary>
    public IReadOnlyList<PlannedRun> Runs { get; }

    internal IFileLayer Files { get; }

    internal string PlanPath => Path.Combine(Folder, "plan.json");

    internal string WorkersFolder => Path.Combine(Folder, "workers");

    internal string OrchestratorsFolder => Path.Combine(Folder, "orchestrators");

    /// <summary>
    /// Makes the store, or gives an existing one a new plan: runs with results keep them, new ones are added, and runs that are no longer
    /// planned stay on the disk untouched. Writes nothing per run.
    /// </summary>
    /// <param name="folder">The store's folder; it and its parents are made.</param>
    /// <param name="sweep">Name of the sweep.</param>
    /// <param name="yaml">The sweep's bytes, kept verbatim as <c>sweep.yaml</c>.</param>
    /// <param name="runs">The plan; ids and names must be unique.</param>
    /// <exception cref="StoreException">The folder can't be used: a newer version, no permission, no hard links.</exception>
    /// <exception cref="ArgumentException">Two runs share an id or a name.</exception>
    public static RunStore Create(string folder, string sweep, ReadOnlySpan<byte> yaml, IReadOnlyList<PlannedRun> runs) =>
        Create(DiskFiles.Instance, ProcessIdentity.Current, folder, sweep, yaml, runs);

    /// <summary>Opens a store as it is.</summary>
    /// <exception cref="StoreException">There is none, it is damaged, or a newer harness wrote it.</exception>
    public static RunStore Open(string folder) => Open(DiskFiles.Instance, folder);

    /// <summary>Whether a folder holds a store, good or bad.</summary>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, "plan.json"));

    /// <summary>Runs that have a result, diverged ones too, in plan order; read one by one. A damaged result is left out (see <see cref="StatusReader"/>).</summary>
    /// <exception cref="StoreException">A newer harness wrote a result.</exception>
    public IEnumerable<CompletedRun> Completed()
    {
        foreach (var run in Runs)
        {
            var look = RunLook.At(Files, FolderOf(run.Id));
            if (look.Result is { } result)
            {
                yield return new CompletedRun(run, result, look.Attempts.Count);
            }
        }
    }

    /// <summary>The training curves of the runs that have a result, in plan order and step order; read row by row.</summary>
    /// <exception cref="StoreException">A curve does not match what its run measured; the message names the file.</exception>
    public IEnumerable<CurvePoint> Curves()
    {
        foreach (var run in Runs)
        {
            var folder = FolderOf(run.Id);
            var look = RunLook.At(Files, folder);
            if (look.Finished is not { MetricRows: not null } finished)
            {
                continue;
            }

            var path = folder.Attempt(finished.Attempt).MetricsPath;
            foreach (var row in WholeCurve(path, finished))
            {
                yield return new CurvePoint(run, row);
            }
        }
    }

    /// <summary>Lets runs that failed for good be tried again, with fresh budgets and from their newest checkpoint.</summary>
    /// <returns>How many.</returns>
    public int RetryFailed(RetryBudget budget)
    {
        var pardoned = 0;
        foreach (var standing in new StatusReader(this, budget).Read().Where(s => s.State == RunState.Failed))
        {
            FolderOf(standing.Run.Id).Pardon(RunLook.At(Files, FolderOf(standing.Run.Id)).NextAttempt - 1);
            pardoned++;
        }

        return pardoned;
    }

    /// <summary>Removes what dead workers of this machine left half-written. Live ones, and those of other machines, are left alone.</summary>
    public void RemoveLeftovers()
    {
        foreach (var entry in Files.List(WorkersFolder))
        {
            if (WorkerScratch.OwnerOf(entry.Name)?.Look() is Liveness.Dead or Liveness.Rebooted)
            {
                Files.DeleteFolder(Path.Combine(WorkersFolder, entry.Name));
            }
        }

        foreach (var run in Runs)
        {
            var folder = FolderOf(run.Id);
            foreach (var number in folder.List().Attempts)
            {
                var attempt = folder.Attempt(number);
                if (attempt.IsOver)
                {
                    attempt.RemoveLeftovers();
                }
            }
        }
    }

    internal static RunStore Create(
        IFileLayer files, ProcessIdentity process, string folder, string sweep, ReadOnlySpan<byte> yaml, IReadOnlyList<PlannedRun> runs)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(runs);
        RefuseDoubles(runs);
        folder = Path.GetFullPath(folder);
        try
        {
            MakeWithParents(files, folder);
            RefuseNewer(files, Path.Combine(folder, "plan.json"));
            var store = new RunStore(files, folder, sweep, [.. runs]);
            foreach (var sub in (string[])[store._runsFolder, store.WorkersFolder, store.OrchestratorsFolder])
            {
                files.MakeFolder(sub);
            }

            using var scratch = new WorkerScratch(files, store.WorkersFolder, process);
            RefuseWithoutLinks(files, scratch, folder);
            store.WriteWhole(scratch, Path.Combine(folder, "sweep.yaml"), yaml);
            store.WriteWhole(scratch, store.PlanPath, PlanFile.Format(sweep, runs));
            files.SyncFolder(folder);
            return store;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StoreException($"{e.Message} The results folder must be writable.", e);
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            throw new StoreException($"{folder}: the disk is full ({DiskFull.Text(files.FreeBytes(NearestFolder(files, folder)))} left). Free some room and start again.", e);
        }
    }

    internal static RunStore Open(IFileLayer files, string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        folder = Path.GetFullPath(folder);
        var path = Path.Combine(folder, "plan.json");
        var plan = PlanFile.Read(files, path);
        if (plan.Missing)
        {
            throw new StoreException($"{folder}: no sweep was run here (there is no plan.json). Give the folder of a sweep, such as results/quickstart.");
        }

        var content = plan.Content ?? throw new StoreException($"{path}: {plan.Reason}. Run the sweep's YAML again to write the plan anew; results are kept.");
        return new RunStore(files, folder, content.Sweep, content.Planned);
    }

    internal RunFolder FolderOf(RunId id) => new(Files, _runsFolder, id);

    private static void RefuseDoubles(IReadOnlyList<PlannedRun> runs)
    {
        var ids = new HashSet<RunId>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var run in runs)
        {
            if (!ids.Add(run.Id) || !names.Add(run.Name))
            {
                throw new ArgumentException($"Two runs of the plan share the id {run.Id} or the name {run.Name}.", nameof(runs));
            }
        }
    }

    private static void RefuseNewer(IFileLayer files, string planPath)
    {
        var plan = PlanFile.Read(files, planPath);
        if (plan.NewerVersion is not null)
        {
            throw new StoreException($"{planPath}: {plan.Reason}, or give the sweep another name.");
        }
    }

    private static string NearestFolder(IFileLayer files, string folder) =>
        files.KindOf(folder) != EntryKind.Missing || Path.GetDirectoryName(folder) is not { } parent ? folder : NearestFolder(files, parent);

    private static void MakeWithParents(IFileLayer files, string folder)
    {
        if (files.KindOf(folder) is EntryKind.Folder or EntryKind.Link)
        {
            return;
        }

        if (Path.GetDirectoryName(folder) is { } parent)
        {
            MakeWithParents(files, parent);
            files.MakeFolder(folder);
            files.SyncFolder(parent);
        }
    }

    private IEnumerable<MetricRow> WholeCurve(string path, Outcome finished)
    {
        var rows = 0L;
        using var row = MetricsFile.Read(Files, path).GetEnumerator();
        while (true)
        {
            try
            {
                if (!row.MoveNext())
                {
                    break;
                }
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                throw new StoreException($"{e.Message} Delete the run's folder to train it again.", e);
            }

            rows++;
            yield return row.Current;
        }

        if (rows != finished.MetricRows)
        {
            throw new StoreException($"{path}: {rows} rows where the run wrote {finished.MetricRows}. Delete the run's folder to train it again.");
        }
    }

    /// <summary>Publishing is a hard link that one attempt wins; a file system without them (FAT, some network mounts) can't hold a store.</summary>
    private static void RefuseWithoutLinks(IFileLayer files, WorkerScratch scratch, string folder)
    {
        var first = scratch.NewName();
        files.CreateNew(first).Dispose();
        try
        {
            files.TryLink(first, scratch.NewName());
        }
        catch (Exception e) when (e is UnauthorizedAccessException || (e is IOException && !DiskFull.Is(e)))
        {
            throw new StoreException($"{folder}: its file system has no hard links ({e.Message}). Put the results on ext4, xfs, btrfs, tmpfs or NFS.", e);
        }
    }

    private void WriteWhole(WorkerScratch scratch, string path, ReadOnlySpan<byte> content)
    {
        var temporary = scratch.NewName();
        using (var stream = Files.CreateNew(temporary))
        {
            stream.Write(content);
            Files.Sync(stream);
        }

        Files.Replace(temporary, path);
    }
}
