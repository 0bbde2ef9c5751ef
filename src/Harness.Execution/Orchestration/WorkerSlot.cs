using System.Diagnostics;

namespace Harness.Execution.Orchestration;

/// <summary>A place for one worker.</summary>
/// <param name="Index">From 0, unique; names the worker in messages.</param>
/// <param name="Device"><c>cpu</c> or <c>cuda:K</c>; several slots may share one.</param>
public sealed record WorkerSlot(int Index, string Device);

/// <summary>
/// The command line that starts a worker, for example <c>dotnet harness.dll worker --store DIR --device cpu --slot 0</c>, with every argument in
/// <see cref="ProcessStartInfo.ArgumentList"/>. The process must call <see cref="Workers.Worker"/>.Run and exit with its <see cref="Workers.WorkerEnd"/>.
/// </summary>
/// <param name="slot">The place to be filled.</param>
public delegate ProcessStartInfo WorkerCommand(WorkerSlot slot);
