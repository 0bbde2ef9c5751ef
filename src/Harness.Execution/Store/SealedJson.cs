using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Harness.Execution.Files;

namespace Harness.Execution.Store;

/// <summary>
/// JSON that knows whether it is whole: <c>{"format_version": 1, "sha256": "...", "content": ...}</c>, where the hash covers the bytes of
/// the content as they stand in the file. A flipped bit, a cut end and a newer version are each told apart from a good file.
/// </summary>
internal static class SealedJson
{
    public const int FormatVersion = 1;

    /// <summary>No file of the store but the plan comes near this; a larger one is refused before it is read into memory.</summary>
    public const long LargestFile = 1L << 31;

    public static byte[] Seal<T>(T content, JsonTypeInfo<T> type)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(content, type);
        return Seal(body);
    }

    public static byte[] Seal(ReadOnlySpan<byte> body)
    {
        var head = Encoding.UTF8.GetBytes(
            $"{{\n\"format_version\": {FormatVersion},\n\"sha256\": \"{Convert.ToHexStringLower(SHA256.HashData(body))}\",\n\"content\": ");
        return [.. head, .. body, .. "\n}\n"u8];
    }

    /// <summary>The content, or the reason why it can't be trusted.</summary>
    /// <exception cref="IOException">The disk or the network can't be read now, which says nothing of the file.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static Unsealed<T> Open<T>(IFileLayer files, string path, JsonTypeInfo<T> type)
        where T : class => Open(files, path, body => JsonSerializer.Deserialize(body, type));

    /// <summary>The content as <paramref name="read"/> makes it of its bytes, or the reason why it can't be trusted.</summary>
    public static Unsealed<T> Open<T>(IFileLayer files, string path, ContentReader<T> read)
        where T : class
    {
        byte[] bytes;
        try
        {
            bytes = ReadAll(files, path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new Unsealed<T>(null, Missing: true, NewerVersion: null, Damage: null);
        }
        catch (IOException e) when ((e.HResult & 0xFFFF) is not (Posix.InputOutput or Posix.TimedOut or Posix.Stale))
        {
            return Damaged<T>(e.Message);
        }

        return Open(bytes, read);
    }

    private static Unsealed<T> Open<T>(byte[] bytes, ContentReader<T> read)
        where T : class
    {
        if (bytes.Length == 0)
        {
            return Damaged<T>("the file is empty");
        }

        try
        {
            var (version, hash, body) = Split(bytes);
            if (version is null || hash is null || body.IsEmpty)
            {
                return Damaged<T>("format_version, sha256 or content is missing");
            }

            if (version > FormatVersion)
            {
                return new Unsealed<T>(null, Missing: false, version, Damage: null);
            }

            if (version < 1 || hash != Convert.ToHexStringLower(SHA256.HashData(body)))
            {
                return Damaged<T>("its content does not match its SHA-256");
            }

            var content = read(body);
            return content is null ? Damaged<T>("its content is null") : new Unsealed<T>(content, Missing: false, NewerVersion: null, Damage: null);
        }
        catch (JsonException e)
        {
            return Damaged<T>($"it is no valid JSON ({e.Message})");
        }
        catch (InvalidOperationException e)
        {
            return Damaged<T>($"a key has a value of the wrong kind ({e.Message})");
        }
        catch (FormatException e)
        {
            return Damaged<T>($"a number is out of range ({e.Message})");
        }
    }

    public static byte[] ReadAll(IFileLayer files, string path)
    {
        using var stream = files.OpenRead(path);
        if (stream.Length > LargestFile)
        {
            throw new IOException($"{path}: {DiskFull.Text(stream.Length)} is more than such a file can have.");
        }

        var bytes = new byte[stream.Length];
        var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read == bytes.Length ? bytes : bytes[..read];
    }

    private static (int? Version, string? Hash, Slice Body) Split(byte[] bytes)
    {
        int? version = null;
        string? hash = null;
        var body = default(Slice);
        var reader = new Utf8JsonReader(bytes);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("not an object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "format_version":
                    version = reader.GetInt32();
                    break;
                case "sha256":
                    hash = reader.GetString();
                    break;
                case "content":
                    var start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    body = new Slice(bytes, start, (int)reader.BytesConsumed - start);
                    break;
                default:
                    throw new JsonException($"unknown key '{name}'");
            }
        }

        reader.Read();
        return (version, hash, body);
    }

    private static Unsealed<T> Damaged<T>(string damage)
        where T : class => new(null, Missing: false, NewerVersion: null, damage);

    private readonly record struct Slice(byte[] Bytes, int Start, int Length)
    {
        public bool IsEmpty => Length == 0;

        public static implicit operator ReadOnlySpan<byte>(Slice slice) => slice.Bytes.AsSpan(slice.Start, slice.Length);
    }
}

/// <summary>Makes something of the verified bytes of a content; throws <see cref="JsonException"/> if they aren't that.</summary>
internal delegate T? ContentReader<T>(ReadOnlySpan<byte> body)
    where T : class;

/// <summary>What opening a sealed file found: its content, or exactly one reason for having none.</summary>
/// <param name="Content">The content, verified; null otherwise.</param>
/// <param name="Missing">There is no such file.</param>
/// <param name="NewerVersion">Its format version, where that is newer than this program.</param>
/// <param name="Damage">What is wrong with it.</param>
internal sealed record Unsealed<T>(T? Content, bool Missing, int? NewerVersion, string? Damage)
    where T : class
{
    /// <summary>Why there is no content, for a message.</summary>
    public string Reason => Missing ? "it is missing"
        : NewerVersion is { } v ? $"it was written by a newer harness (format {v}; this one reads {SealedJson.FormatVersion}). Update harness"
        : Damage ?? "it is whole";
}
