using System.Text.Json.Serialization;

namespace Harness.Core.Data;

/// <summary>Where tokens come from.</summary>
public enum DataSource
{
    /// <summary>The reference documentation (XML) of the .NET SDK that builds this project: about 8.6 MB of English, no download.</summary>
    [JsonStringEnumMemberName("dotnet-docs")]
    DotnetDocs,

    /// <summary>Text files, plain or gzip, by path or glob.</summary>
    [JsonStringEnumMemberName("text")]
    Text,

    /// <summary>Token shards of nanoGPT (raw uint16) or llm.c (header of 256 int32, then uint16).</summary>
    [JsonStringEnumMemberName("tokens")]
    Tokens,

    /// <summary>A random source whose entropy is known in closed form.</summary>
    [JsonStringEnumMemberName("synthetic")]
    Synthetic,
}

/// <summary>How text becomes tokens.</summary>
public enum Tokenizer
{
    /// <summary>One token a byte, 256 in all.</summary>
    [JsonStringEnumMemberName("bytes")]
    Bytes,

    /// <summary>GPT-2's byte-pair encoding, 50257 tokens; its vocabulary file is the user's to give.</summary>
    [JsonStringEnumMemberName("gpt2")]
    Gpt2,
}

/// <summary>A stationary Markov source over <see cref="Symbols"/> symbols, drawn once from a seed; its entropy rate is exact.</summary>
/// <param name="Symbols">Alphabet size, 2 to 65536, at most the model's vocabulary.</param>
/// <param name="Order">How many earlier symbols the next one depends on, 0 or 1.</param>
/// <param name="ZipfExponent">Each state's next-symbol probabilities fall as rank^-s; 0 is uniform, so that the entropy is ln(symbols).</param>
/// <param name="Seed">Which source of this kind.</param>
public sealed record SyntheticSource(int Symbols, int Order, double ZipfExponent, long Seed);

/// <summary>The data of a run. The content's hash, not its path, is part of the run's identity.</summary>
public sealed record DataSpec
{
    /// <summary>Where tokens come from.</summary>
    public required DataSource Source { get; init; }

    /// <summary>Absolute files, resolved from globs and sorted; empty for built-in and synthetic sources. Not part of the identity.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>Validation shards (absolute), where the source has its own; else null and a fraction is held out. Not part of the identity.</summary>
    public IReadOnlyList<string>? ValidationPaths { get; init; }

    /// <summary>How text becomes tokens.</summary>
    public required Tokenizer Tokenizer { get; init; }

    /// <summary>Vocabulary file of a <see cref="Tokenizer.Gpt2"/> tokenizer (tiktoken ranks); else null. Not part of the identity, its content hash is.</summary>
    public string? VocabularyPath { get; init; }

    /// <summary>Share of the tokens at the end that is held out, in (0, 1); ignored where the source has its own validation files.</summary>
    public required double ValidationFraction { get; init; }

    /// <summary>The random source, for <see cref="DataSource.Synthetic"/>; else null.</summary>
    public SyntheticSource? Synthetic { get; init; }

    /// <summary>Keep only the first so many training tokens (a data-limited experiment); null keeps all.</summary>
    public long? UniqueTokens { get; init; }

    /// <summary>SHA-256 of the prepared token stream, hex; filled by the plan, null before.</summary>
    public string? ContentHash { get; init; }
}

/// <summary>What a look at the data found.</summary>
/// <param name="ContentHash">SHA-256 of the token stream and its split, hex.</param>
/// <param name="TrainTokens">Tokens to train on before one repeats.</param>
/// <param name="ValidationTokens">Tokens held out.</param>
/// <param name="VocabularySize">Tokens that the tokenizer knows; the model's vocabulary must be at least this.</param>
/// <param name="BytesPerToken">Bytes of text a token stands for on average over the held-out part; null for token shards and synthetic sources.</param>
/// <param name="EntropyNatsPerToken">The source's entropy rate, for synthetic sources; else null.</param>
/// <param name="Description">One line for people: what, how much.</param>
public sealed record DataFacts(
    string ContentHash,
    long TrainTokens,
    long ValidationTokens,
    int VocabularySize,
    double? BytesPerToken,
    double? EntropyNatsPerToken,
    string Description);

/// <summary>Looks at data without training on it; the plan's only view of the disk's corpora.</summary>
public interface IDataCatalog
{
    /// <summary>Prepares (or finds prepared) the data and describes it.</summary>
    /// <exception cref="DataUnavailableException">A file is missing, unreadable, empty or malformed; the message says which and what to do.</exception>
    DataFacts Describe(DataSpec data);
}

/// <summary>Data that can't be used, with the reason and the mend in the message.</summary>
public sealed class DataUnavailableException : Exception
{
    /// <inheritdoc/>
    public DataUnavailableException()
    {
    }

    /// <inheritdoc/>
    public DataUnavailableException(string message) : base(message)
    {
    }

    /// <inheritdoc/>
    public DataUnavailableException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
