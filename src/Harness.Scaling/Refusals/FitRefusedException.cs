namespace Harness.Scaling;

/// <summary>The data or the options cannot give the fit that was asked for. The message says what was found; <see cref="Mend"/> says what to do.</summary>
public sealed class FitRefusedException : Exception
{
    /// <summary>Creates a refusal.</summary>
    /// <param name="reason">The kind, for programs.</param>
    /// <param name="found">What was found, one sentence.</param>
    /// <param name="mend">What would make the fit possible, one sentence.</param>
    /// <param name="rows">The rows to blame, if any.</param>
    public FitRefusedException(RefusalReason reason, string found, string mend, IReadOnlyList<string>? rows = null)
        : base($"{found} {mend}")
    {
        Reason = reason;
        Found = found;
        Mend = mend;
        Rows = rows ?? [];
    }

    /// <summary>The kind of refusal.</summary>
    public RefusalReason Reason { get; }

    /// <summary>What was found, one sentence.</summary>
    public string Found { get; }

    /// <summary>What would make the fit possible, one sentence.</summary>
    public string Mend { get; }

    /// <summary>The names of the rows to blame; empty when no row is.</summary>
    public IReadOnlyList<string> Rows { get; }
}
