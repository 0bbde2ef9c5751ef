using Harness.Core.Data;

namespace Harness.Sweeps.Tests;

/// <summary>Data of a known size that nobody has to read.</summary>
internal sealed class FakeCatalog(long trainTokens = 8_000_000, long validationTokens = 400_000) : IDataCatalog
{
    public int Asked { get; private set; }

    public string? Unavailable { get; init; }

    public DataFacts Describe(DataSpec data)
    {
        Asked++;
        if (Unavailable is not null)
        {
            throw new DataUnavailableException(Unavailable);
        }

        var vocabulary = data.Source == DataSource.Synthetic ? data.Synthetic!.Symbols : data.Tokenizer == Tokenizer.Gpt2 ? 50257 : 256;
        return new DataFacts(
            ContentHash: $"{data.Source}-{data.Tokenizer}-{data.Paths.Count}", data.UniqueTokens is { } unique && unique < trainTokens ? unique : trainTokens,
            validationTokens, vocabulary, BytesPerToken: 1, EntropyNatsPerToken: null, Description: "a fake");
    }
}
