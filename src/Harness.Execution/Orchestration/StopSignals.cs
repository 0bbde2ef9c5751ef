using System.Runtime.InteropServices;
using Harness.Execution.Files;
using Harness.Execution.Workers;

namespace Harness.Execution.Orchestration;

/// <summary>
/// SIGINT, SIGTERM and SIGHUP as two tokens: the first signal asks for a clean stop, the second for one at once. In a worker that has an
/// orchestrator only SIGTERM counts, since Ctrl-C reaches every process of the terminal and the orchestrator passes it on.
/// </summary>
public sealed class StopSignals : IDisposable
{
    private const int KillSignal = 9;

    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _atOnce = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly bool _endsProcess;
    private int _count;

    private StopSignals(bool endsProcess, bool onlyTerminate)
    {
        _endsProcess = endsProcess;
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            var counts = !onlyTerminate || signal == PosixSignal.SIGTERM;
            _registrations.Add(PosixSignalRegistration.Create(signal, context => Handle(context, counts)));
        }
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Cancelled by the second signal.</summary>
    public CancellationToken AtOnce => _atOnce.Token;

    /// <summary>For a process that orchestrates: it decides itself what "at once" means.</summary>
    public static StopSignals ForOrchestrator() => new(endsProcess: false, onlyTerminate: false);

    /// <summary>For a worker: the second signal ends the process on the spot, whatever native code is doing.</summary>
    public static StopSignals ForWorker() =>
        new(endsProcess: true, onlyTerminate: Environment.GetEnvironmentVariable(WorkerEnvironment.Orchestrator) is not null);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _stop.Dispose();
        _atOnce.Dispose();
    }

    private void Handle(PosixSignalContext context, bool counts)
    {
        context.Cancel = true;
        if (!counts)
        {
            return;
        }

        if (Interlocked.Increment(ref _count) == 1)
        {
            _stop.Cancel();
            return;
        }

        _atOnce.Cancel();
        if (_endsProcess)
        {
            Posix.Kill(Environment.ProcessId, KillSignal);
        }
    }
}
