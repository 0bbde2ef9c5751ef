using System.Runtime.InteropServices;
using Harness.Core.Data;

namespace Harness.Training.Data.Documentation;

/// <summary>Finds the reference documentation that every .NET SDK carries in its folder <c>packs</c>.</summary>
internal static class ReferencePacks
{
    // The second pack repeats some files of the first; a file's first appearance counts.
    private static readonly string[] s_packs = ["Microsoft.NETCore.App.Ref", "Microsoft.AspNetCore.App.Ref"];

    // The major version that the project is built with, so that a newer SDK beside it does not change the corpus.
    private const int Major = 10;

    /// <summary>The XML files, each name once, in an order that is the same everywhere.</summary>
    /// <exception cref="DataUnavailableException">There is no SDK with documentation.</exception>
    public static IReadOnlyList<string> Files() => Files(Roots());

    /// <summary>The XML files of the first root that has any.</summary>
    internal static IReadOnlyList<string> Files(IEnumerable<string> roots)
    {
        var looked = new List<string>();
        foreach (var root in roots.Distinct(StringComparer.Ordinal))
        {
            var files = s_packs
                .SelectMany(pack => FilesOf(Path.Combine(root, "packs", pack)))
                .DistinctBy(Path.GetFileName)
                .ToArray();
            if (files.Length > 0)
            {
                return files;
            }

            looked.Add(root);
        }

        throw new DataUnavailableException(
            $"data.source: dotnet-docs needs a .NET {Major} SDK with its reference documentation (packs/{s_packs[0]}/*/ref/net{Major}.0/*.xml); none under {string.Join(", ", looked)}. Install the SDK, set DOTNET_ROOT to its folder, or use data.source: text with files of your own.");
    }

    private static IEnumerable<string> FilesOf(string pack)
    {
        if (!Directory.Exists(pack))
        {
            return [];
        }

        var newest = new DirectoryInfo(pack).EnumerateDirectories()
            .Select(folder => (folder, version: Version.TryParse(folder.Name.Split('-')[0], out var v) ? v : null))
            .Where(f => f.version?.Major == Major)
            .OrderBy(f => f.version).ThenBy(f => f.folder.Name, StringComparer.Ordinal)
            .Select(f => Path.Combine(f.folder.FullName, "ref", $"net{Major}.0"))
            .LastOrDefault(Directory.Exists);
        return newest is null
            ? []
            : Directory.EnumerateFiles(newest, "*.xml").Order(StringComparer.Ordinal);
    }

    private static IEnumerable<string> Roots()
    {
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } configured)
        {
            yield return Path.GetFullPath(configured);
        }

        if (Path.GetDirectoryName(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH")) is { Length: > 0 } host)
        {
            yield return host;
        }

        // <root>/shared/Microsoft.NETCore.App/<version>/, unless this is a self-contained program.
        yield return Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            if (File.Exists(Path.Combine(folder, "dotnet")) && Program(Path.Combine(folder, "dotnet")) is { } program)
            {
                yield return Path.GetDirectoryName(program)!;
            }
        }

        yield return "/usr/share/dotnet";
        yield return "/usr/lib/dotnet";
        yield return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".dotnet");
    }

    private static string? Program(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
