using System.Diagnostics;
using Harness.Execution.Status;

namespace Harness.Execution.Tests.Chaos;

public class DiskFullTests
{
    [FactWithMount]
    public void A_full_disk_pauses_the_sweep_which_goes_on_by_itself_and_ends_as_undisturbed()
    {
        using var folder = new TemporaryFolder();
        using var mount = new SmallDisk(folder["disk"], kilobytes: 2048);
        var sweep = new Sweep(folder["disk/sweep"], Some.Runs(2, steps: 60, secondsPerRun: 0.2));
        using var orchestrator = HostProcess.Orchestrator(
            sweep.Folder, slots: 2, ("HEARTBEAT", 50), ("SNAPSHOT", 100), ("CHECKPOINT_STEPS", 3), ("LOOK_AGAIN", 100), ("GATE_STEP", 8));
        Assert.True(KillTests.WaitFor(() => sweep.Standings().TrueForAll(s => s.Progress?.Step == 8), TimeSpan.FromSeconds(180)), orchestrator.Output);

        var ballast = folder["disk/ballast"];
        mount.Fill(ballast);
        sweep.OpenGate();
        Assert.True(
            KillTests.WaitFor(() => orchestrator.Output.Contains("paused: disk full", StringComparison.Ordinal), TimeSpan.FromSeconds(180)), orchestrator.Output);
        Assert.Contains("needs", orchestrator.Output, StringComparison.Ordinal);
        Assert.Contains("goes on by itself", orchestrator.Output, StringComparison.Ordinal);
        Thread.Sleep(300);
        Assert.False(orchestrator.HasExited);
        Assert.DoesNotContain(sweep.Standings(), s => s.State == RunState.Failed);

        File.Delete(ballast);
        Assert.True(orchestrator.WaitForExit() == 0, orchestrator.Output);
        sweep.AssertAsUndisturbed();
    }

    /// <summary>A tmpfs of a given size.</summary>
    private sealed class SmallDisk : IDisposable
    {
        private readonly string _path;

        public SmallDisk(string path, int kilobytes)
        {
            _path = path;
            Directory.CreateDirectory(path);
            Assert.Equal(0, FactWithMountAttribute.Run("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k", "tmpfs", path));
        }

        /// <summary>Leaves no room at all.</summary>
        public void Fill(string file)
        {
            using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            try
            {
                while (true)
                {
                    stream.Write(new byte[4096]);
                }
            }
            catch (IOException)
            {
                Assert.True(new DriveInfo(_path).AvailableFreeSpace < 4096);
            }
        }

        public void Dispose() => FactWithMountAttribute.Run("umount", "-l", _path);
    }
}

/// <summary>A test that needs to mount a small disk; says so where it may not.</summary>
internal sealed class FactWithMountAttribute : FactAttribute
{
    private static readonly Lazy<bool> Allowed = new(() =>
    {
        var folder = Directory.CreateTempSubdirectory("harness-mount-").FullName;
        try
        {
            return Run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder) == 0 && Run("umount", folder) == 0;
        }
        finally
        {
            Directory.Delete(folder);
        }
    });

    public FactWithMountAttribute() => Skip = Allowed.Value ? null : "mounting a small tmpfs needs root";

    internal static int Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
