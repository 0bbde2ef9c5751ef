using Harness.Core.Data;
using Harness.Training.Data.Sources;

namespace Harness.Training.Data;

/// <summary>Every corpus that a spec can name: looks at it for the plan, opens it for training.</summary>
public sealed class DataCatalog : IDataCatalog
{
    private readonly string _cacheFolder;

    /// <summary>A catalogue that keeps prepared corpora in <c>$XDG_CACHE_HOME/harness</c>, else in <c>~/.cache/harness</c>.</summary>
    public DataCatalog() : this(DefaultCacheFolder())
    {
    }

    /// <summary>A catalogue that keeps prepared corpora in a folder of the caller's.</summary>
    /// <param name="cacheFolder">Made when something is first kept there.</param>
    public DataCatalog(string cacheFolder) => _cacheFolder = Path.GetFullPath(cacheFolder);

    /// <inheritdoc/>
    public DataFacts Describe(DataSpec data)
    {
        using var stream = Open(data);
        return stream.Facts;
    }

    /// <summary>Opens the tokens of a spec. If the spec names a content hash, the data must still have it.</summary>
    /// <exception cref="DataUnavailableException">A file is missing, unreadable, empty, malformed or changed since the plan.</exception>
    public TokenStream Open(DataSpec data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return data.Source switch
        {
            DataSource.Synthetic when data.Synthetic is { } source => SyntheticCorpus.Open(source),
            _ => throw new DataUnavailableException($"data.source: {data.Source} is not available yet, nor its cache {_cacheFolder}."),
        };
    }

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
