using System.Security.Cryptography;
using Harness.Core.Data;

namespace Harness.Training.Data.Corpora;

/// <summary>
/// Prepared corpora on the disk: <c>corpora/HASH.tokens</c> by content, and <c>sources/KEY</c> from what a corpus was made of (files,
/// sizes, times, settings) to its content. Files appear complete, by rename, so that any number of processes may share a folder; two that
/// prepare the same corpus at once write the same bytes.
/// </summary>
/// <param name="folder">Made when first written to.</param>
internal sealed class CorpusStore(string folder)
{
    // Left behind by a process that was killed; older than any preparation takes.
    private static readonly TimeSpan s_abandoned = TimeSpan.FromDays(1);

    private string Corpora => Path.Combine(folder, "corpora");

    private string Sources => Path.Combine(folder, "sources");

    /// <summary>What a source was prepared to, or null.</summary>
    public KnownCorpus? Find(string sourceKey)
    {
        try
        {
            return KnownCorpus.Parse(File.ReadAllText(Path.Combine(Sources, sourceKey)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Remembers what a source was prepared to.</summary>
    public void Remember(string sourceKey, KnownCorpus corpus) => Guarded(() =>
    {
        var temporary = NewFile(Sources);
        File.WriteAllText(temporary, corpus.ToString());
        File.Move(temporary, Path.Combine(Sources, sourceKey), overwrite: true);
    });

    /// <summary>Whether a corpus is there, without reading it.</summary>
    public bool Has(string hash) => File.Exists(PathOf(hash));

    /// <summary>Opens a corpus; null if there is none of that content, or it is damaged.</summary>
    public (TokenHeader Header, TokenSequence Tokens)? Open(string hash)
    {
        try
        {
            return IsHash(hash) ? TokenFile.Open(PathOf(hash), hash) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(e);
        }
    }

    /// <summary>Makes a corpus and files it under its hash.</summary>
    /// <param name="write">Gets the path of a new file, and another for its own use, and leaves a complete token file in the first.</param>
    public KnownCorpus Make(Func<string, string, TokenHeader> write) => Guarded(() =>
    {
        Sweep();
        var (tokens, work) = (NewFile(Corpora), NewFile(Corpora));
        try
        {
            var header = write(tokens, work);
            string hash;
            using (var stream = new FileStream(tokens, FileMode.Open, FileAccess.ReadWrite))
            {
                hash = Convert.ToHexStringLower(SHA256.HashData(stream));
                stream.Flush(flushToDisk: true);
            }

            File.Move(tokens, PathOf(hash), overwrite: true);
            return new KnownCorpus(hash, header);
        }
        finally
        {
            File.Delete(tokens);
            File.Delete(work);
        }
    });

    private static bool IsHash(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);

    private string PathOf(string hash) => Path.Combine(Corpora, hash + ".tokens");

    private static string NewFile(string folder)
    {
        Directory.CreateDirectory(folder);
        return Path.Combine(folder, $".{Guid.NewGuid():N}.part");
    }

    private void Sweep()
    {
        foreach (var left in Directory.Exists(Corpora) ? Directory.EnumerateFiles(Corpora, ".*.part") : [])
        {
            if (File.GetLastWriteTimeUtc(left) < DateTime.UtcNow - s_abandoned)
            {
                File.Delete(left);
            }
        }
    }

    private void Guarded(Action write) => Guarded(() =>
    {
        write();
        return 0;
    });

    private T Guarded<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(e);
        }
    }

    private DataUnavailableException Unusable(Exception cause) =>
        new($"{folder}: prepared corpora can't be kept here ({cause.Message.TrimEnd('.')}). Make room or set XDG_CACHE_HOME to a folder that can be written.", cause);
}
