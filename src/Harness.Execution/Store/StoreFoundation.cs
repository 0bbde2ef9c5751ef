using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Files;
using Harness.Execution.Workers;

namespace Harness.Execution.Store;

/// <summary>Makes a sweep's folder, or gives an existing one its new plan, after asking everything that must hold for either.</summary>
internal static class StoreFoundation
{
    /// <summary>See <see cref="RunStore.Create"/>; on a given disk and as a given process.</summary>
    public static RunStore Lay(
        IFileLayer files, ProcessIdentity process, string folder, string sweep, ReadOnlySpan<byte> yaml, IReadOnlyList<PlannedRun> runs)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(runs);
        RefuseDoubles(runs);
        RefuseStrangeTrunks(runs);
        folder = Path.GetFullPath(folder);
        try
        {
            MakeWithParents(files, folder);
            RefuseNewer(files, Path.Combine(folder, "plan.json"));
            var store = new RunStore(files, folder, sweep, [.. runs]);
            foreach (var sub in (string[])[store.RunsFolder, store.WorkersFolder, store.OrchestratorsFolder])
            {
                files.MakeFolder(sub);
            }

            using var scratch = new WorkerScratch(files, store.WorkersFolder, process);
            RefuseWithoutLinks(files, scratch, folder);
            WriteWhole(files, scratch, Path.Combine(folder, "sweep.yaml"), yaml);
            WriteWhole(files, scratch, store.PlanPath, PlanFile.Format(sweep, runs));
            files.SyncFolder(folder);
            return store;
        }
        catch (Exception e) when (e is UnauthorizedAccessException || (e is IOException && !DiskFull.Is(e)))
        {
            throw new StoreException($"{e.Message} The results folder must be readable and writable.", e);
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            throw new StoreException($"{folder}: the disk is full ({DiskFull.Text(files.FreeBytes(NearestFolder(files, folder)))} left). Free some room and start again.", e);
        }
    }

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

    private static void RefuseStrangeTrunks(IReadOnlyList<PlannedRun> runs)
    {
        var branches = runs.Where(r => r.Branch is not null).ToList();
        var byId = branches.Count == 0 ? [] : runs.ToDictionary(r => r.Id);
        foreach (var run in branches)
        {
            var branch = run.Branch!;
            if (!byId.TryGetValue(branch.Trunk, out var trunk) || trunk.Branch is not null || !SharedTrunk.Share(trunk.Spec, run.Spec, branch.Step))
            {
                throw new ArgumentException($"Run {run.Name} can't branch off run {branch.Trunk} after step {branch.Step}: they are not the same computation up to there.", nameof(runs));
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

    private static void WriteWhole(IFileLayer files, WorkerScratch scratch, string path, ReadOnlySpan<byte> content)
    {
        var temporary = scratch.NewName();
        using (var stream = files.CreateNew(temporary))
        {
            stream.Write(content);
            files.Sync(stream);
        }

        files.Replace(temporary, path);
    }
}
