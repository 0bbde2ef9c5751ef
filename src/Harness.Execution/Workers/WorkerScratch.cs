using System.Globalization;
using Harness.Execution.Claims;
using Harness.Execution.Files;

namespace Harness.Execution.Workers;

/// <summary>
/// A folder <c>workers/&lt;process&gt;-&lt;n&gt;</c> in which one worker prepares what it then renames or links into place. Temporary names lie nowhere
/// else outside the worker's own attempts, so a dead worker's are found by its process, and block nobody meanwhile.
/// </summary>
internal sealed class WorkerScratch : IDisposable
{
    private static int _instances;

    private readonly IFileLayer _files;
    private int _names;

    public WorkerScratch(IFileLayer files, string workersFolder, ProcessIdentity owner)
    {
        _files = files;
        Folder = Path.Combine(
            workersFolder, string.Create(CultureInfo.InvariantCulture, $"{owner}_{Interlocked.Increment(ref _instances)}"));
        files.MakeFolder(workersFolder);
        files.DeleteFolder(Folder);
        files.MakeFolder(Folder);
    }

    public string Folder { get; }

    /// <summary>A path in the folder that nothing has had before.</summary>
    public string NewName() => Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"{Interlocked.Increment(ref _names)}"));

    /// <summary>The process that a scratch folder's name stands for, or null.</summary>
    public static ProcessIdentity? OwnerOf(string folderName)
    {
        var end = folderName.LastIndexOf('_');
        return end < 0 ? null : ProcessIdentity.Parse(folderName[..end]);
    }

    public void Dispose()
    {
        try
        {
            _files.DeleteFolder(Folder);
        }
        catch (IOException)
        {
            // The next start removes it, once this process is gone.
        }
    }
}
