using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Files;
using Harness.Execution.Status;
using Harness.Execution.Trunks;
using Harness.Execution.Workers;

namespace Harness.Execution.Store;

/// <summary>
/// The folder of a sweep, <c>results/&lt;sweep&gt;</c>: the sweep as written, the frozen plan, and a folder for every run that was begun. Any number of
/// processes on any number of machines may have it open. It can be moved and copied: nothing in it names its own place.
/// </summary>
public sealed class RunStore
{
    internal RunStore(IFileLayer files, string folder, string sweep, IReadOnlyList<PlannedRun> runs)
    {
        Files = files;
        Folder = folder;
        Sweep = sweep;
        Runs = runs;
        Trunks = new TrunkMap(this);
    }

    /// <summary>The store's folder, absolute.</summary>
    public string Folder { get; }

    /// <summary>Name of the sweep.</summary>
    public string Sweep { get; }

    /// <summary>The plan, in its order.</summary>
    public IReadOnlyList<PlannedRun> Runs { get; }

    internal IFileLayer Files { get; }

    internal TrunkMap Trunks { get; }

    internal string PlanPath => Path.Combine(Folder, "plan.json");

    internal string RunsFolder => Path.Combine(Folder, "runs");

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
    /// <exception cref="ArgumentException">Two runs share an id or a name, or one branches off a run that computes something else up to there.</exception>
    public static RunStore Create(string folder, string sweep, ReadOnlySpan<byte> yaml, IReadOnlyList<PlannedRun> runs) =>
        StoreFoundation.Lay(DiskFiles.Instance, ProcessIdentity.Current, folder, sweep, yaml, runs);

    /// <summary>Opens a store as it is.</summary>
    /// <exception cref="StoreException">There is none, it is damaged, or a newer harness wrote it.</exception>
    public static RunStore Open(string folder) => Open(DiskFiles.Instance, folder);

    /// <summary>
    /// Every run that a folder knows: those of its plan, and those that an earlier plan left behind. Also where the plan is damaged, since every run
    /// keeps its own spec; null where no sweep was run.
    /// </summary>
    /// <exception cref="StoreException">A newer harness wrote the plan.</exception>
    public static RunStore? Survey(string folder) => StoreSurvey.Of(DiskFiles.Instance, folder);

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
    /// <param name="leftOut">Told of each curve that does not match what its run measured, which is then left out as a whole; the message names the file.</param>
    /// <exception cref="StoreException">A curve does not match what its run measured, and nobody wants to be told.</exception>
    public IEnumerable<CurvePoint> Curves(Action<string>? leftOut = null)
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
            if (leftOut is not null && StoredCurve.Damage(Files, path, finished) is { } damage)
            {
                leftOut(damage);
                continue;
            }

            foreach (var row in StoredCurve.Rows(Files, path, finished))
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
        foreach (var run in Runs)
        {
            var sighting = new StatusReader(this, budget).Look(run);
            if (sighting is { Standing.State: RunState.Failed, Look: { Unusable: null } look })
            {
                FolderOf(run.Id).Pardon(look.NextAttempt - 1);
                pardoned++;
            }
        }

        return pardoned;
    }

    /// <summary>Removes what dead workers of this machine left half-written, and checkpoints of trunks that nobody needs. Live workers, and those of other machines, are left alone.</summary>
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
            try
            {
                RemoveLeftovers(FolderOf(run.Id));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A run's folder that can't be used is that run's trouble; its status says it.
            }
        }

        Trunks.TidyAll();
    }

    internal static RunStore Open(IFileLayer files, string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        folder = Path.GetFullPath(folder);
        var path = Path.Combine(folder, "plan.json");
        Unsealed<PlanFile> plan;
        try
        {
            plan = PlanFile.Read(files, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"{e.Message} Make the sweep's folder readable for this user.", e);
        }

        if (plan.Missing)
        {
            throw new StoreException($"{folder}: no sweep was run here (there is no plan.json). Give the folder of a sweep, such as results/quickstart.");
        }

        var content = plan.Content ?? throw new StoreException(plan.NewerVersion is not null
            ? $"{path}: {plan.Reason}."
            : $"{path}: {plan.Reason}. Run the sweep's YAML again to write the plan anew; results are kept.");
        return new RunStore(files, folder, content.Sweep, content.Planned);
    }

    private static void RemoveLeftovers(RunFolder folder)
    {
        foreach (var number in folder.List().Attempts)
        {
            var attempt = folder.Attempt(number);
            if (attempt.IsOver)
            {
                attempt.RemoveLeftovers();
            }
        }
    }

    internal RunFolder FolderOf(RunId id) => new(Files, RunsFolder, id);
}
