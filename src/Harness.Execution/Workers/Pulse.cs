using Harness.Execution.Attempts;
using Harness.Execution.Claims;

namespace Harness.Execution.Workers;

/// <summary>Beats for one attempt on a thread of its own, so that a long step does not look like death.</summary>
internal sealed class Pulse : IDisposable
{
    private readonly RunSession _session;
    private readonly TimeSpan _every;
    private readonly ProcessIdentity? _orchestrator;
    private readonly ManualResetEventSlim _end = new();
    private readonly Thread _thread;

    public Pulse(RunSession session, TimeSpan every, ProcessIdentity? orchestrator)
    {
        _session = session;
        _every = every;
        _orchestrator = orchestrator;
        _thread = new Thread(Beat) { IsBackground = true, Name = "heartbeat" };
        _thread.Start();
    }

    public void Dispose()
    {
        _end.Set();
        _thread.Join();
        _end.Dispose();
    }

    private void Beat()
    {
        do
        {
            _session.Beat();
            if (_orchestrator?.Look() is Liveness.Dead or Liveness.Rebooted)
            {
                _session.RequestStop();
            }
        }
        while (!_end.Wait(_every));
    }
}
