using System.IO.Enumeration;
using Harness.Core.Data;

namespace Harness.Training.Data.Files;

/// <summary>Turns the paths and globs of a sweep into files.</summary>
public static class DataPaths
{
    /// <summary>Entries looked at before a glob is refused: a glob at the root of a disk should not walk it all.</summary>
    private const int MostEntries = 200_000;

    /// <summary>The files that patterns name: absolute, each once, in ordinal order, so that it is the same order on every machine.</summary>
    /// <param name="patterns">
    /// Paths, in which <c>*</c> and <c>?</c> match within a name and a whole part <c>**</c> matches any folders. As in a shell, a
    /// leading dot is matched only by a dot. Links to folders are not followed below <c>**</c>. A path that exists is taken as it stands.
    /// </param>
    /// <param name="folder">Where relative patterns begin.</param>
    /// <exception cref="DataUnavailableException">A pattern matches nothing, or has too much to look at.</exception>
    public static IReadOnlyList<string> Resolve(IEnumerable<string> patterns, string folder)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        return [.. patterns.SelectMany(p => Expand(Path.GetFullPath(p, Path.GetFullPath(folder)))).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private static List<string> Expand(string pattern)
    {
        if (!IsGlob(pattern) || Path.Exists(pattern))
        {
            return [pattern];
        }

        var parts = pattern.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        var found = new List<string>();
        var budget = MostEntries;
        Walk(Path.GetPathRoot(pattern)!, parts, found, ref budget);
        if (budget < 0)
        {
            throw new DataUnavailableException($"{pattern}: more than {MostEntries} files and folders to look at. Begin the pattern in a narrower folder.");
        }

        return found.Count > 0
            ? found
            : throw new DataUnavailableException($"{pattern}: matches no file. Correct the pattern in the sweep's data section.");
    }

    private static void Walk(string folder, ReadOnlySpan<string> parts, List<string> found, ref int budget)
    {
        if (budget < 0)
        {
            return;
        }

        var part = parts[0];
        var rest = parts[1..];
        if (!IsGlob(part))
        {
            Enter(Path.Combine(folder, part), rest, found, ref budget);
            return;
        }

        if (part == "**")
        {
            Walk(folder, rest.IsEmpty ? ["*"] : rest, found, ref budget);
        }

        foreach (var entry in Entries(folder))
        {
            budget--;
            var name = entry.Name;
            if (name[0] == '.' && part[0] != '.')
            {
                continue;
            }

            if (part == "**")
            {
                if (entry is DirectoryInfo { LinkTarget: null })
                {
                    Walk(entry.FullName, parts, found, ref budget);
                }
            }
            else if (FileSystemName.MatchesSimpleExpression(part, name, ignoreCase: false))
            {
                Enter(entry.FullName, rest, found, ref budget);
            }
        }
    }

    private static void Enter(string path, ReadOnlySpan<string> rest, List<string> found, ref int budget)
    {
        if (!rest.IsEmpty)
        {
            if (Directory.Exists(path))
            {
                Walk(path, rest, found, ref budget);
            }
        }
        else if (File.Exists(path))
        {
            found.Add(path);
        }
    }

    private static IEnumerable<FileSystemInfo> Entries(string folder) =>
        new DirectoryInfo(folder).EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = true });

    /// <summary>Whether a path is a pattern.</summary>
    internal static bool IsGlob(string text) => text.AsSpan().ContainsAny('*', '?');
}
