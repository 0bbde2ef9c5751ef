using System.Collections.Concurrent;
using System.Globalization;
using Harness.Core.Data;
using Harness.Training.Data.Corpora;
using Harness.Training.Data.Files;
using Harness.Training.Data.Shards;
using Harness.Training.Data.Synthetic;
using Harness.Training.Data.Text;

namespace Harness.Training.Data;

/// <summary>
/// Every corpus that a spec can name: looks at it for the plan, opens it for training. Text is prepared once (seconds) and kept; after
/// that a corpus opens in milliseconds. Safe to use from several threads and processes.
/// </summary>
public sealed class DataCatalog : IDataCatalog
{
    private readonly CorpusStore _store;
    private readonly ConcurrentDictionary<string, DataFacts> _described = new(StringComparer.Ordinal);

    /// <summary>A catalogue that keeps prepared corpora in <c>$XDG_CACHE_HOME/harness</c>, else in <c>~/.cache/harness</c>.</summary>
    public DataCatalog() : this(DefaultCacheFolder())
    {
    }

    /// <summary>A catalogue that keeps prepared corpora in a folder of the caller's.</summary>
    /// <param name="cacheFolder">Made when something is first kept there.</param>
    public DataCatalog(string cacheFolder) => _store = new CorpusStore(Path.GetFullPath(cacheFolder));

    /// <inheritdoc/>
    /// <remarks>Looks at the disk once for each spec: for the life of a catalogue, the answer stays.</remarks>
    public DataFacts Describe(DataSpec data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return _described.GetOrAdd(TextOf(data), _ =>
        {
            if (data.Source == DataSource.Synthetic)
            {
                using var stream = Open(data);
                return stream.Facts;
            }

            var files = SourceFiles.Of(data);
            return Facts(data, Known(data, files), files.Train.Count);
        });
    }

    /// <summary>Opens the tokens of a spec.</summary>
    /// <remarks>
    /// Where the spec names a content hash, tokens of exactly that content are opened or none. For the built-in corpus, and for text whose
    /// files are not on this machine, prepared tokens of that content are enough; files that are there must still have it.
    /// </remarks>
    /// <exception cref="DataUnavailableException">A file is missing, unreadable, empty, malformed or changed since the plan.</exception>
    public TokenStream Open(DataSpec data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.Source == DataSource.Synthetic)
        {
            return OpenSynthetic(data);
        }

        if (Kept(data) is { } kept)
        {
            return Stream(data, new KnownCorpus(data.ContentHash!, kept.Header), kept.Tokens, Math.Max(1, data.Paths.Count));
        }

        var files = SourceFiles.Of(data);
        var known = Known(data, files);
        if (data.Source == DataSource.Tokens)
        {
            return Stream(data, known, Shards(data, files).Open(), files.Train.Count);
        }

        // Damaged since it was made: make it again.
        var opened = _store.Open(known.Hash) ?? _store.Open(Prepare(data, files).Hash)
            ?? throw new DataUnavailableException($"{known.Hash}: the prepared corpus is damaged as soon as it is written. Check the disk, or set XDG_CACHE_HOME to a folder on another.");
        return Stream(data, known, opened.Tokens, files.Train.Count);
    }

    private static TokenStream OpenSynthetic(DataSpec data)
    {
        var stream = SyntheticCorpus.Open(data.Synthetic
            ?? throw new DataUnavailableException("data.synthetic: missing. Source synthetic needs symbols, order, zipf_exponent and seed."));
        RefuseChanged(data, stream.Facts.ContentHash);
        var count = UniqueTokens(data, stream.Facts.TrainTokens);
        return stream with
        {
            Train = new TokenSlice(stream.Train, 0, count),
            Facts = stream.Facts with { TrainTokens = count },
        };
    }

    /// <summary>Prepared tokens of the spec's content, where they may be used without a look at the files.</summary>
    private (TokenHeader Header, TokenSequence Tokens)? Kept(DataSpec data)
    {
        var mayUse = data.ContentHash is not null
            && (data.Source == DataSource.DotnetDocs || (data.Source == DataSource.Text && data.Paths.All(p => !DataPaths.IsGlob(p) && !Path.Exists(p))));
        return mayUse ? _store.Open(data.ContentHash!) : null;
    }

    /// <summary>The content that the files have now.</summary>
    private KnownCorpus Known(DataSpec data, SourceFiles files)
    {
        var key = files.Key(data);
        var known = key is null ? null : _store.Find(key);
        if (known is null || (data.Source != DataSource.Tokens && !_store.Has(known.Hash)))
        {
            known = data.Source == DataSource.Tokens ? Shards(data, files).Survey() : Prepare(data, files);
            if (key is not null)
            {
                _store.Remember(key, known);
            }
        }

        RefuseChanged(data, known.Hash);
        return known;
    }

    private KnownCorpus Prepare(DataSpec data, SourceFiles files) => _store.Make(new TextCorpus(data, files).Write);

    private static ShardCorpus Shards(DataSpec data, SourceFiles files) => new(data, files.Train, files.Validation);

    private static void RefuseChanged(DataSpec data, string hash)
    {
        if (data.ContentHash is { } planned && planned != hash)
        {
            var which = data.Source switch
            {
                DataSource.DotnetDocs => "dotnet-docs (the SDK's documentation)",
                DataSource.Synthetic => "data.synthetic",
                _ => string.Join(", ", data.Paths.Take(3)) + (data.Paths.Count > 3 ? $" and {data.Paths.Count - 3} more" : ""),
            };
            throw new DataUnavailableException(
                $"{which}: changed since the plan was made (content {Short(hash)}, planned {Short(planned)}). Restore what was planned, or plan the sweep again to train on what is there now.");
        }
    }

    private static TokenStream Stream(DataSpec data, KnownCorpus corpus, TokenSequence tokens, int files)
    {
        var facts = Facts(data, corpus, files);
        return new TokenStream(
            new TokenSlice(tokens, 0, facts.TrainTokens),
            new TokenSlice(tokens, corpus.Header.TrainTokens, corpus.Header.ValidationTokens),
            facts);
    }

    private static DataFacts Facts(DataSpec data, KnownCorpus corpus, int files)
    {
        var header = corpus.Header;
        var train = UniqueTokens(data, header.TrainTokens);
        var what = data.Source switch
        {
            DataSource.DotnetDocs => ".NET reference documentation",
            DataSource.Text => files == 1 ? "1 text file" : $"{files} text files",
            _ => files == 1 ? "1 token shard" : $"{files} token shards",
        };
        var kind = data.Tokenizer == Tokenizer.Bytes ? "byte" : "GPT-2";
        return new DataFacts(
            corpus.Hash, train, header.ValidationTokens, header.VocabularySize,
            header.ValidationBytes / (double?)header.ValidationTokens,
            EntropyNatsPerToken: null,
            string.Create(CultureInfo.InvariantCulture, $"{what}: {train:N0} training and {header.ValidationTokens:N0} held-out {kind} tokens"));
    }

    private static long UniqueTokens(DataSpec data, long there) => data.UniqueTokens switch
    {
        null => there,
        { } asked when asked > 0 && asked <= there => asked,
        { } asked => throw new DataUnavailableException(string.Create(CultureInfo.InvariantCulture,
            $"data.unique_tokens: {asked}; there are {there} training tokens. Give 1 to {there}, or leave it out to use all.")),
    };

    private static string TextOf(DataSpec data) => string.Join('\n',
        [$"{data with { Paths = [], ValidationPaths = null }}", .. data.Paths, "", .. data.ValidationPaths ?? []]);

    private static string Short(string hash) => hash[..Math.Min(12, hash.Length)];

    /// <summary>The XDG base directory specification: an empty or relative value counts as not set.</summary>
    private static string DefaultCacheFolder()
    {
        var configured = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        var cache = Path.IsPathRooted(configured)
            ? configured
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".cache");
        return Path.Combine(cache, "harness");
    }
}
