using System.Globalization;

namespace Harness.Reporting.Tables.Expressions;

/// <summary>
/// A mistake in an expression that a user typed, written as <c>--d:1:7: found ...; allowed ...; do ...</c> with the option, its line and its character
/// (both 1-based). Verbs answer it with exit code 2.
/// </summary>
public sealed class ExpressionException : Exception
{
    /// <summary>Names the place and the problem.</summary>
    /// <param name="option">Where the text stood, such as <c>--d</c>.</param>
    /// <param name="text">The whole expression.</param>
    /// <param name="position">The offending character's index in it (0-based).</param>
    /// <param name="problem">What was found; what is allowed; what to do.</param>
    public ExpressionException(string option, string text, int position, string problem)
        : base(Placed(option, text, position, problem))
    {
        Position = position;
    }

    /// <summary>The offending character's index in the expression (0-based).</summary>
    public int Position { get; }

    private static string Placed(string option, string text, int position, string problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        ReadOnlySpan<char> before = text.AsSpan(0, Math.Min(position, text.Length));
        int line = 1 + before.Count('\n');
        int column = before.Length - (before.LastIndexOf('\n') + 1) + 1;
        return string.Create(CultureInfo.InvariantCulture, $"{option}:{line}:{column}: {problem}, in \"{text.ReplaceLineEndings("\\n")}\"");
    }
}
