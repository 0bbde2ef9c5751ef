namespace Harness.Cli.Doctor;

/// <summary>How a part of the machine looks.</summary>
internal enum Verdict
{
    /// <summary>There, and as it should be.</summary>
    Good,

    /// <summary>Works, with a loss that the text names.</summary>
    Warning,

    /// <summary>Missing, and something the user may want needs it.</summary>
    Missing,
}

/// <summary>One line of <c>harness doctor</c>.</summary>
/// <param name="Part">What was looked at.</param>
/// <param name="Verdict">How it looks.</param>
/// <param name="Text">What was found, and what to do where it isn't good.</param>
internal sealed record Finding(string Part, Verdict Verdict, string Text)
{
    public static Finding Good(string part, string text) => new(part, Verdict.Good, text);

    public static Finding Warn(string part, string text) => new(part, Verdict.Warning, text);

    public static Finding Missing(string part, string text) => new(part, Verdict.Missing, text);
}
