using System.Globalization;
using System.Text;
using Harness.Core.Runs;
using Harness.Execution.Files;
using Harness.Execution.Store;
using Harness.Execution.Trunks;

namespace Harness.Execution.Attempts;

/// <summary>
/// The two newest checkpoints of a run, over all its attempts, and those that other runs branch off from. A new one is written beside the old ones, made durable, named,
/// and read back before the oldest goes, so that a death at any moment leaves at least one whole.
/// </summary>
/// <param name="files">The disk.</param>
/// <param name="own">The attempt that saves.</param>
/// <param name="earlier">Attempts before it, all over.</param>
/// <param name="banned">Steps whose checkpoint killed its loader too often; passed over while an older one is left.</param>
/// <param name="lineage">The trunk that the run may begin from, and the runs that branch off it.</param>
/// <param name="metrics">The curve so far, made durable; null before the trainer began.</param>
/// <param name="refuseIfFenced">Throws if the attempt was declared dead.</param>
/// <param name="log">The attempt's log.</param>
internal sealed class CheckpointShelf(
    IFileLayer files,
    AttemptFolder own,
    IReadOnlyList<AttemptFolder> earlier,
    IReadOnlySet<long> banned,
    Lineage lineage,
    Func<MetricsFile?> metrics,
    Action refuseIfFenced,
    Action<string> log) : ICheckpointShelf
{
    private const int Kept = 2;

    private long _largest;

    /// <summary>Step of the newest checkpoint saved by this attempt, if it saved one.</summary>
    public long? SavedStep { get; private set; }

    /// <summary>Bytes of the largest checkpoint seen or tried.</summary>
    public long LargestBytes => _largest;

    public bool IsWanted(long step) => lineage.IsNeeded(step);

    public void Save(long step, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        refuseIfFenced();
        var target = new CheckpointFolder(own, step);
        if (files.KindOf(target.Path) == EntryKind.Folder && target.Verify(files).Manifest is not null)
        {
            return; // A stop right after a periodic save asks for the same step again.
        }

        var temporary = target.Path + AttemptFolder.TemporarySuffix;
        try
        {
            files.DeleteFolder(temporary);
            files.DeleteFolder(target.Path);
            WriteInto(temporary, target, step, write);
            if (!files.TryMoveFolder(temporary, target.Path))
            {
                throw new IOException($"{target.Path}: the name is taken.");
            }

            files.SyncFolder(own.CheckpointsPath);
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            files.DeleteFolder(temporary);
            throw new RunFailedException(FailureCause.DiskFull, Shortage(), e);
        }

        if (target.Verify(files).Damage is { } damage)
        {
            files.DeleteFolder(target.Path);
            throw new IOException($"The checkpoint of step {step.ToString(CultureInfo.InvariantCulture)} read back differently from what was written: {damage}. The disk or its cable is suspect.");
        }

        SavedStep = step;
        Prune(Kept);
    }

    public IReadOnlyList<StoredCheckpoint> Newest()
    {
        var found = CheckpointFolder.In(files, [own, .. earlier]);
        var good = new List<StoredCheckpoint>();
        var damaged = new List<string>();
        foreach (var checkpoint in found)
        {
            var (manifest, damage) = checkpoint.Verify(files);
            if (manifest is null)
            {
                damaged.Add(damage!);
                log($"checkpoint of step {checkpoint.Step.ToString(CultureInfo.InvariantCulture)} is damaged and left out: {damage}");
            }
            else if (good.All(g => g.Step != manifest.Step))
            {
                _largest = Math.Max(_largest, manifest.Length);
                good.Add(new StoredCheckpoint(manifest.Step, manifest.Length, () => OpenMarked(checkpoint)));
            }
        }

        if (lineage.Snapshot is { } snapshot)
        {
            AddTrunks(snapshot, good);
        }

        if (good.Count == 0 && damaged.Count > 0)
        {
            throw new RunFailedException(
                FailureCause.CheckpointsDamaged,
                $"Every checkpoint of the run is damaged ({string.Join("; ", damaged)}). Restore one, or delete the run's folder to train it from the start.");
        }

        if (good.Count > 0 && banned.Contains(good[0].Step) && (good.Count > 1 || good[0].Trunk is not null))
        {
            log($"checkpoint of step {good[0].Step.ToString(CultureInfo.InvariantCulture)} killed its loader twice and is passed over");
            good.RemoveAt(0);
        }

        return good;
    }

    /// <summary>Removes all but the newest so many checkpoints of the run and those that others still need.</summary>
    public void Prune(int keep)
    {
        foreach (var old in CheckpointFolder.In(files, [own, .. earlier]).Skip(keep).Where(c => !lineage.IsNeeded(c.Step)))
        {
            old.Remove(files);
        }
    }

    /// <summary>The checkpoint that a run goes on from: its own, or its trunk's.</summary>
    public CheckpointFolder? Find(long step) =>
        CheckpointFolder.In(files, [own, .. earlier]).Concat(lineage.Snapshot is { } snapshot ? [snapshot] : [])
            .FirstOrDefault(c => c.Step == step && c.Verify(files).Manifest is not null);

    /// <summary>Says that no checkpoint is being loaded any more.</summary>
    public void Loaded() => files.Delete(own.LoadingPath);

    private void WriteInto(string temporary, CheckpointFolder target, long step, Action<Stream> write)
    {
        files.MakeFolder(temporary);
        CheckpointManifest manifest;
        using (var stream = files.CreateNew(System.IO.Path.Combine(temporary, System.IO.Path.GetFileName(target.StatePath))))
        {
            using var hashing = new HashingStream(stream);
            string hash;
            try
            {
                write(hashing);
                hash = hashing.Finish();
                files.Sync(stream);
            }
            finally
            {
                _largest = Math.Max(_largest, hashing.Written);
            }

            var curve = metrics() ?? throw new InvalidOperationException("IRunSession.Begin must be called before the first checkpoint is saved.");
            curve.Sync();
            manifest = new CheckpointManifest
            {
                Step = step,
                Length = hashing.Written,
                Hash = hash,
                MetricsLength = curve.Length,
                MetricsHash = curve.Hash,
            };
        }

        using (var stream = files.CreateNew(System.IO.Path.Combine(temporary, System.IO.Path.GetFileName(target.ManifestPath))))
        {
            stream.Write(SealedJson.Seal(manifest, ExecutionJson.Default.CheckpointManifest));
            files.Sync(stream);
        }

        files.SyncFolder(temporary);
    }

    /// <summary>The trunk's checkpoint, last, since any of the run's own is newer; a damaged one only costs the steps that it would have saved.</summary>
    private void AddTrunks(CheckpointFolder snapshot, List<StoredCheckpoint> good)
    {
        var (manifest, damage) = snapshot.Verify(files);
        if (manifest is null)
        {
            log($"the trunk's checkpoint of step {snapshot.Step.ToString(CultureInfo.InvariantCulture)} is damaged and left out: {damage}");
        }
        else if (good.TrueForAll(g => g.Step != manifest.Step))
        {
            _largest = Math.Max(_largest, manifest.Length);
            good.Add(new StoredCheckpoint(manifest.Step, manifest.Length, () => OpenMarked(snapshot), lineage.Trunk));
        }
    }

    private Stream OpenMarked(CheckpointFolder checkpoint)
    {
        // If the process dies before Loaded(), the next attempt knows which checkpoint it was loading.
        files.Delete(own.LoadingPath);
        using (var marker = files.CreateNew(own.LoadingPath))
        {
            marker.Write(Encoding.ASCII.GetBytes(checkpoint.Step.ToString(CultureInfo.InvariantCulture)));
        }

        return files.OpenRead(checkpoint.StatePath);
    }

    private string Shortage() =>
        $"disk full: {own.CheckpointsPath} needs {(_largest > 0 ? "about " + DiskFull.Text(_largest) : "room")} for a checkpoint and has {DiskFull.Text(files.FreeBytes(own.Path))}";
}
