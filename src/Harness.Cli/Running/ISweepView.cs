using Harness.Execution.Status;

namespace Harness.Cli.Running;

/// <summary>Shows a running sweep to whoever started it.</summary>
internal interface ISweepView
{
    /// <summary>Runs the work while showing it; the work calls the given action with each snapshot, on this thread.</summary>
    T Show<T>(Func<Action<SweepSnapshot>, T> work);
}
