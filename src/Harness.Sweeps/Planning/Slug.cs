using System.Security.Cryptography;
using System.Text;

namespace Harness.Sweeps.Planning;

/// <summary>Any text to a name that is safe as a folder, in a shell and in a script, on every file system.</summary>
public static class Slug
{
    /// <summary>Longest slug.</summary>
    public const int MaxLength = 64;

    private const int HashLength = 8;

    private static readonly HashSet<string> Reserved =
        ["con", "prn", "aux", "nul", .. Enumerable.Range(0, 10).SelectMany(i => new[] { $"com{i}", $"lpt{i}" })];

    /// <summary>
    /// The text itself if it is safe (lower-case ASCII letters, digits, dot, dash, underscore; begins with a letter or digit, ends without a dot; not a device
    /// name; at most <see cref="MaxLength"/>); else what is safe of it and 8 hex digits of its SHA-256, so that two texts that differ in anything, case
    /// included, never share a folder.
    /// </summary>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var kept = new StringBuilder();
        foreach (var c in text.Take(4 * MaxLength))
        {
            var safe = char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? char.ToLowerInvariant(c) : '-';
            var afterJoint = kept.Length == 0 || kept[^1] is '-' or '.';
            if (char.IsAsciiLetterOrDigit(safe) || (safe == '_' && kept.Length > 0) || !afterJoint)
            {
                kept.Append(safe);
            }
        }

        var slug = kept.ToString().TrimEnd('.', '-');
        var stem = slug.Split('.')[0];
        if (slug == text && slug.Length <= MaxLength && slug.Length > 0 && !Reserved.Contains(stem))
        {
            return slug;
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..HashLength];
        var room = MaxLength - HashLength - 1;
        slug = (slug.Length > room ? slug[..room] : slug).TrimEnd('.', '-');
        return slug.Length == 0 || Reserved.Contains(slug.Split('.')[0]) ? $"sweep-{slug.Replace('.', '-')}-{hash}".Replace("--", "-", StringComparison.Ordinal) : $"{slug}-{hash}";
    }
}
