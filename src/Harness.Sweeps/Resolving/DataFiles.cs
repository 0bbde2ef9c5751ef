using System.IO.Enumeration;
using Harness.Sweeps.Yaml;

namespace Harness.Sweeps.Resolving;

/// <summary>Paths and globs of a sweep to absolute files, sorted by ordinal order so that every machine reads them in the same order.</summary>
internal sealed class DataFiles(string folder, ProblemList problems)
{
    private const int MaxFiles = 100_000;
    private readonly Dictionary<(string Text, Origin Origin), IReadOnlyList<string>?> known = [];

    /// <summary>The files that a path or glob names; null with a problem if there are none.</summary>
    public IReadOnlyList<string>? Find(string key, string text, Origin origin)
    {
        if (!known.TryGetValue((text, origin), out var files))
        {
            known[(text, origin)] = files = Search(key, text, origin);
        }

        return files;
    }

    private List<string>? Search(string key, string text, Origin origin)
    {
        if (text.Length == 0 || text.Any(char.IsControl))
        {
            problems.Add(origin, key, "path", $"{Printable.Quoted(text)} is no path", null, null);
            return null;
        }

        try
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            var full = Path.GetFullPath(text.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(home, text[2..]) : text, folder);
            var files = text.AsSpan().IndexOfAny('*', '?') < 0 ? File.Exists(full) ? [full] : [] : Glob(full).Take(MaxFiles + 1).ToList();
            files.Sort(StringComparer.Ordinal);
            if (files.Count is > 0 and <= MaxFiles)
            {
                return files;
            }

            var found = files.Count > 0 ? $"{Printable.Quoted(text)} names more than {Show.Exact(MaxFiles)} files"
                : Directory.Exists(full) ? $"{Printable.Quoted(text)} is a folder" : $"{Printable.Quoted(text)} names no file";
            problems.Add(origin, key, "path", found, "files or globs, relative to the sweep file", Directory.Exists(full) ? "Add /*.txt or the like" : $"Looked for {Printable.OneLine(full)}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            problems.Add(origin, key, "path", $"{Printable.Quoted(text)}: {e.Message}", null, null);
        }

        return null;
    }

    private static IEnumerable<string> Glob(string full)
    {
        IEnumerable<string> folders = [Path.GetPathRoot(full)!];
        var parts = full[Path.GetPathRoot(full)!.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        foreach (var part in parts[..^1])
        {
            folders = part == "**" ? folders.SelectMany(Under)
                : part.AsSpan().IndexOfAny('*', '?') < 0 ? folders.Select(f => Path.Combine(f, part)).Where(Directory.Exists)
                : folders.SelectMany(f => Directory.EnumerateDirectories(f).Where(d => Matches(part, d)));
        }

        var last = parts[^1] == "**" ? "*" : parts[^1];
        var inAll = parts[^1] == "**" ? folders.SelectMany(Under) : folders;
        return inAll.SelectMany(f => Directory.EnumerateFiles(f).Where(p => Matches(last, p)));
    }

    private static bool Matches(string pattern, string path) =>
        FileSystemName.MatchesSimpleExpression(pattern.Replace("\\", "\\\\", StringComparison.Ordinal), Path.GetFileName(path), ignoreCase: false);

    /// <summary>A folder and all below it; links are not followed, so that a cycle ends.</summary>
    private static IEnumerable<string> Under(string folder) =>
        new[] { folder }.Concat(Directory.EnumerateDirectories(folder)
            .Where(d => !File.GetAttributes(d).HasFlag(FileAttributes.ReparsePoint)).SelectMany(Under));
}
