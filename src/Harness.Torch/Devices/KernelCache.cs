using System.Security.Cryptography;
using System.Text;

namespace Harness.Torch.Devices;

/// <summary>Compiled kernels on disk, under the hash of everything that the code depends on. A damaged file counts as missing.</summary>
/// <param name="folder">Made when the first kernel is kept.</param>
public sealed class KernelCache(string folder)
{
    private const int HashBytes = 32;

    /// <summary><c>$XDG_CACHE_HOME/harness/kernels</c>, or <c>~/.cache/harness/kernels</c>.</summary>
    public static KernelCache Default => new(Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set ? set : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "harness",
        "kernels"));

    /// <summary>The name of a piece of code.</summary>
    /// <param name="parts">Source, options, architecture, the compiler's version.</param>
    public static string KeyOf(params IEnumerable<string> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        // Each part with its length in front, so that no two lists of parts read the same.
        string all = string.Concat(parts.Select(p => $"{p.Length}:{p}\n"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)));
    }

    /// <summary>The code kept under a key, or what <paramref name="make"/> makes, which is kept then.</summary>
    public byte[] Get(string key, Func<byte[]> make)
    {
        ArgumentNullException.ThrowIfNull(make);
        string file = Path.Combine(folder, key + ".cubin");
        if (Read(file) is { } kept)
        {
            return kept;
        }

        byte[] code = make();
        Keep(file, code);
        return code;
    }

    private static byte[]? Read(string file)
    {
        try
        {
            byte[] bytes = File.ReadAllBytes(file);
            return bytes.Length > HashBytes && SHA256.HashData(bytes.AsSpan(HashBytes)).AsSpan().SequenceEqual(bytes.AsSpan(0, HashBytes)) ? bytes[HashBytes..] : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>To the side, then renamed: another process sees all of it or nothing. A cache that can't be written costs a second at each start, no more.</summary>
    private void Keep(string file, byte[] code)
    {
        string side = $"{file}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}.new";
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(side, [.. SHA256.HashData(code), .. code]);
            File.Move(side, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            try
            {
                File.Delete(side);
            }
            catch (Exception inner) when (inner is IOException or UnauthorizedAccessException)
            {
                // Nothing more can be done about it.
            }
        }
    }
}
