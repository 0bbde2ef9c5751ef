using Harness.Reporting.Runs;
using Harness.Reporting.Tables;

namespace Harness.Cli.Fitting;

/// <summary>Which files the arguments of <c>harness fit</c> mean.</summary>
internal static class InputFiles
{
    /// <summary>Files as they are, a sweep's folder as its runs.csv, and patterns as the files that match, by name.</summary>
    /// <exception cref="TableException">There is no argument, or a pattern matches nothing.</exception>
    public static string[] Expand(IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0)
        {
            throw new UserMistakeException("harness fit: no table was named; at least one CSV file is needed; write for example harness fit results/kaplan/runs.csv --law chinchilla.");
        }

        return [.. arguments.SelectMany(Matches)];
    }

    private static IEnumerable<string> Matches(string argument)
    {
        string inFolder = Path.Combine(argument, RunsTable.FileName);
        if (Directory.Exists(argument) && File.Exists(inFolder))
        {
            return [inFolder];
        }

        string pattern = Path.GetFileName(argument);
        if (File.Exists(argument) || pattern.AsSpan().IndexOfAny('*', '?') < 0)
        {
            return [argument];
        }

        string folder = Path.GetDirectoryName(argument) ?? "";
        string[] found = Directory.Exists(folder.Length == 0 ? "." : folder)
            ? [.. Directory.GetFiles(folder.Length == 0 ? "." : folder, pattern).Select(f => Path.Combine(folder, Path.GetFileName(f))).Order(StringComparer.Ordinal)]
            : [];
        return found.Length > 0 ? found : throw new TableException(argument, null, null, "no file matches this pattern; at least one is needed; check the path");
    }
}
