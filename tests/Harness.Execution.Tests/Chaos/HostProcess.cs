using System.Diagnostics;
using System.Globalization;
using System.Text;
using Harness.Execution.Files;

namespace Harness.Execution.Tests.Chaos;

/// <summary>A real process of the test host, and what it printed.</summary>
internal sealed class HostProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private HostProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, e) => Keep(e.Data);
        process.ErrorDataReceived += (_, e) => Keep(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static HostProcess Orchestrator(string store, int slots, params (string Name, int Value)[] settings) =>
        Start(["run", store, slots.ToString(CultureInfo.InvariantCulture)], "", settings);

    public static HostProcess Orchestrator(string store, int slots, string misbehave, params (string Name, int Value)[] settings) =>
        Start(["run", store, slots.ToString(CultureInfo.InvariantCulture)], misbehave, settings);

    public static HostProcess Worker(string store, params (string Name, int Value)[] settings) => Start(["worker", store, "0", "cpu"], "", settings);

    /// <summary>Sends a signal by number.</summary>
    public void Signal(int signal) => Posix.Kill(Pid, signal);

    /// <summary>SIGKILL, and waits for the end.</summary>
    public void Kill()
    {
        Signal(9);
        _process.WaitForExit();
    }

    public int WaitForExit(int seconds = 600)
    {
        if (!_process.WaitForExit(TimeSpan.FromSeconds(seconds)))
        {
            Kill();
            Assert.Fail($"the process did not end within {seconds} s; it said: {Output}");
        }

        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }

    private static HostProcess Start(string[] arguments, string misbehave, (string Name, int Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Harness.Execution.TestHost.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["TESTHOST_MISBEHAVE"] = misbehave;
        start.Environment["DOTNET_TieredCompilation"] = "1";
        foreach (var (name, value) in settings)
        {
            start.Environment["TESTHOST_" + name] = value.ToString(CultureInfo.InvariantCulture);
        }

        return new HostProcess(Process.Start(start)!);
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            lock (_output)
            {
                _output.AppendLine(line);
            }
        }
    }
}
