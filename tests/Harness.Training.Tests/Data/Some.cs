using System.IO.Compression;
using System.Text;
using Harness.Core.Data;
using Harness.Training.Data;
using Harness.Training.Data.Text;

namespace Harness.Training.Tests.Data;

/// <summary>A folder for one test's files, and plain examples of what goes into it.</summary>
internal sealed class Some : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("harness-data-").FullName;

    public string Cache => Path.Combine(_folder, "cache");

    public DataCatalog Catalog() => new(Cache);

    public string PathOf(string name) => Path.Combine(_folder, name);

    /// <summary>Writes a file long ago, so that its time says that it has settled.</summary>
    public string File(string name, byte[] content)
    {
        var path = PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllBytes(path, content);
        System.IO.File.SetLastWriteTimeUtc(path, new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        return path;
    }

    public string File(string name, string content) => File(name, Encoding.UTF8.GetBytes(content));

    public static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }

    public static DataSpec Text(params string[] paths) => new()
    {
        Source = DataSource.Text,
        Paths = paths,
        Tokenizer = Tokenizer.Bytes,
        ValidationFraction = 0.1,
    };

    public static DataSpec Shards(params string[] paths) =>
        Text(paths) with { Source = DataSource.Tokens, Tokenizer = Tokenizer.Gpt2 };

    public static int[] All(TokenSequence tokens)
    {
        var ids = new int[tokens.Length];
        tokens.Read(0, ids);
        return ids;
    }

    /// <summary>GPT-2's first 256 tokens: printable Latin-1 in order, then the other bytes.</summary>
    public static Dictionary<byte[], int> SingleByteRanks()
    {
        int[] printable = [.. Enumerable.Range(33, 94), .. Enumerable.Range(161, 12), .. Enumerable.Range(174, 82)];
        var ranks = new Dictionary<byte[], int>(new ByteKeys());
        foreach (var b in printable.Concat(Enumerable.Range(0, 256).Except(printable)))
        {
            ranks.Add([(byte)b], ranks.Count);
        }

        return ranks;
    }

    /// <summary>A ranks file with the single bytes and a few pairs.</summary>
    public static string Ranks(params string[] merges) => string.Concat(
        SingleByteRanks().Select(r => $"{Convert.ToBase64String(r.Key)} {r.Value}\n")
            .Concat(merges.Select((m, i) => $"{Convert.ToBase64String(Encoding.UTF8.GetBytes(m))} {256 + i}\n")));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
