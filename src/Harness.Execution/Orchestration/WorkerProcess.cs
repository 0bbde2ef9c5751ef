using System.ComponentModel;
using System.Diagnostics;
using Harness.Execution.Claims;
using Harness.Execution.Files;
using Harness.Execution.Workers;

namespace Harness.Execution.Orchestration;

/// <summary>A worker's process as its orchestrator sees it: its last words, its end, and signals to it.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private const int LastWordsKept = 20;
    private const int Terminate = 15;

    private readonly Process _process;
    private readonly Queue<string> _lastWords = new();
    private readonly Lock _lock = new();

    private WorkerProcess(Process process, WorkerSlot slot)
    {
        _process = process;
        Slot = slot;
        Pid = process.Id;
        Identity = ProcessIdentity.Of(Pid)?.ToString();
        process.OutputDataReceived += (_, e) => Keep(e.Data);
        process.ErrorDataReceived += (_, e) => Keep(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public WorkerSlot Slot { get; }

    public int Pid { get; }

    /// <summary>As in claims; null if it was gone before it could be looked at.</summary>
    public string? Identity { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>Whether a claim of its was seen.</summary>
    public bool TookARun { get; set; }

    /// <summary>Starts a worker.</summary>
    /// <exception cref="StoreException">The program can't be started.</exception>
    public static WorkerProcess Start(WorkerCommand command, WorkerSlot slot)
    {
        var start = command(slot);
        start.UseShellExecute = false;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.Environment[WorkerEnvironment.Orchestrator] = ProcessIdentity.Current.ToString();
        try
        {
            var process = Process.Start(start) ?? throw new StoreException($"{start.FileName}: no process was started.");
            process.StandardInput.Close();
            return new WorkerProcess(process, slot);
        }
        catch (Win32Exception e)
        {
            throw new StoreException($"{start.FileName}: the worker can't be started: {e.Message}", e);
        }
    }

    /// <summary>Asks it to save its run and end.</summary>
    public void AskToStop()
    {
        if (!_process.HasExited)
        {
            Posix.Kill(Pid, Terminate);
        }
    }

    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It ended meanwhile.
        }
    }

    /// <summary>How it ended. Only after <see cref="HasExited"/>.</summary>
    /// <param name="kernelKilled">Asked, once, if it died of SIGKILL: whether the kernel did it for want of memory.</param>
    public WorkerDeath Death(Func<bool> kernelKilled)
    {
        _process.WaitForExit(TimeSpan.FromSeconds(1));
        var code = _process.ExitCode;
        string words;
        lock (_lock)
        {
            words = string.Join('\n', _lastWords);
        }

        return new WorkerDeath(code, code == 137 && kernelKilled(), words);
    }

    public void Dispose() => _process.Dispose();

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lock)
        {
            _lastWords.Enqueue(line);
            while (_lastWords.Count > LastWordsKept)
            {
                _lastWords.Dequeue();
            }
        }
    }
}
