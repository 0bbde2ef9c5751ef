namespace Harness.Cli;

/// <summary>Words of a command line that people copy into a shell.</summary>
internal static class ShellWord
{
    /// <summary>The word as a POSIX shell reads it back, in single quotes unless it needs none.</summary>
    public static string Of(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '/' or '_' or '-' or '=' or ':' or ',' or '+' or '@')
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
