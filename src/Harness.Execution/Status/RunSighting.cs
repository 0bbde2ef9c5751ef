using Harness.Execution.Claims;

namespace Harness.Execution.Status;

/// <summary>A run as it stands, and what was seen on the disk.</summary>
/// <param name="Standing">How it stands.</param>
/// <param name="Look">What the look showed; null for a run that is known to have its result, which is not looked at again.</param>
internal readonly record struct RunSighting(RunStanding Standing, RunLook? Look);
