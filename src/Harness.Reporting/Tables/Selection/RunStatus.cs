namespace Harness.Reporting.Tables.Selection;

/// <summary>Which words in a column called <c>status</c> say that a run's loss may be fitted.</summary>
internal static class RunStatus
{
    private static readonly HashSet<string> Finished = new(StringComparer.OrdinalIgnoreCase)
    {
        "completed", "complete", "done", "finished", "ok", "succeeded", "success",
    };

    /// <summary>True for a run that ended as planned, and for an empty cell: then the loss itself decides.</summary>
    public static bool IsFinished(ReadOnlySpan<char> status) =>
        status.Trim().IsEmpty || Finished.GetAlternateLookup<ReadOnlySpan<char>>().Contains(status.Trim());
}
