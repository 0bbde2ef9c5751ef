using System.Text;
using Harness.Execution.Claims;
using Harness.Execution.Files;
using Harness.Execution.Store;
using Harness.Execution.Workers;

namespace Harness.Execution.Orchestration;

/// <summary>
/// Says which orchestrators work on a sweep, so that a second one on the same machine can refuse with a name. A courtesy, not a lock: what
/// keeps runs from being trained twice are the claims.
/// </summary>
internal sealed class OrchestratorRecord : IDisposable
{
    private readonly IFileLayer _files;
    private readonly string _path;

    private OrchestratorRecord(IFileLayer files, string path)
    {
        _files = files;
        _path = path;
    }

    /// <summary>Puts this process on record.</summary>
    /// <exception cref="StoreException">Another live process of this machine is, and <paramref name="besideOthers"/> is false.</exception>
    public static OrchestratorRecord Enter(RunStore store, WorkerScratch scratch, bool besideOthers)
    {
        var files = store.Files;
        files.MakeFolder(store.OrchestratorsFolder);
        var me = ProcessIdentity.Current;
        var path = Path.Combine(store.OrchestratorsFolder, me.ToString());
        if (!besideOthers)
        {
            RefuseIfThereIs(files, store.Folder, store.OrchestratorsFolder, other => other != me);
        }

        var temporary = scratch.NewName();
        using (var stream = files.CreateNew(temporary))
        {
            stream.Write(Encoding.UTF8.GetBytes(me.Describe() + "\n"));
        }

        // Looked before and after entering: of two that start at once exactly one gives way, the younger.
        files.Replace(temporary, path);
        var record = new OrchestratorRecord(files, path);
        try
        {
            if (!besideOthers)
            {
                RefuseIfThereIs(files, store.Folder, store.OrchestratorsFolder, other => IsOlder(other, me));
            }
        }
        catch
        {
            record.Dispose();
            throw;
        }

        return record;
    }

    /// <summary>Refuses where a live process of this machine runs the sweep in a folder, which need not be one yet.</summary>
    /// <exception cref="StoreException">One does.</exception>
    public static void RefuseIfThereIs(IFileLayer files, string folder) =>
        RefuseIfThereIs(files, Path.GetFullPath(folder), Path.Combine(Path.GetFullPath(folder), "orchestrators"), other => other != ProcessIdentity.Current);

    public void Dispose()
    {
        try
        {
            _files.Delete(_path);
        }
        catch (IOException)
        {
            // The next start removes it, once this process is gone.
        }
    }

    private static void RefuseIfThereIs(IFileLayer files, string folder, string orchestrators, Func<ProcessIdentity, bool> inTheWay)
    {
        foreach (var entry in files.List(orchestrators))
        {
            var other = ProcessIdentity.Parse(entry.Name);
            switch (other?.Look())
            {
                case Liveness.Alive when inTheWay(other):
                    throw new StoreException(
                        $"{folder}: this sweep is being run by {other.Describe()}. Watch it with 'harness status', stop it with Ctrl-C there, or wait for it. If that process works on another copy of this folder, --beside starts all the same.");
                case Liveness.Dead or Liveness.Rebooted:
                    files.Delete(Path.Combine(orchestrators, entry.Name));
                    break;
                default:
                    break;
            }
        }
    }

    private static bool IsOlder(ProcessIdentity other, ProcessIdentity me) =>
        (other.StartTicks, other.Pid).CompareTo((me.StartTicks, me.Pid)) < 0;
}
