namespace Harness.Execution.Attempts;

/// <summary>Who trained together with an attempt, and why so many. Written once, when the attempt's training begins.</summary>
/// <param name="Members">Ids of the runs, in the stack's order; one if the run trains alone.</param>
/// <param name="Reason">The figures or the request behind it, for people.</param>
internal sealed record StackRecord(IReadOnlyList<string> Members, string Reason);
