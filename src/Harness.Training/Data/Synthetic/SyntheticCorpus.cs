using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Harness.Core.Data;
using Harness.Training.Data.Randomness;

namespace Harness.Training.Data.Synthetic;

/// <summary>Opens synthetic sources: two independent sequences of one source, one to train on and one held out.</summary>
internal static class SyntheticCorpus
{
    /// <summary>Training tokens where the spec limits them not: more than anyone trains on, so that nothing repeats.</summary>
    public const long EndlessTokens = 1L << 40;

    /// <summary>Held-out tokens; the validation fraction does not apply to a source without end.</summary>
    public const long HeldOutTokens = 1L << 24;

    // Part of the hash: raise it whenever the same source would give other tokens. The sample guards against forgetting it.
    private const string Version = "harness synthetic tokens 1";
    private const int SampleTokens = 4096;

    /// <summary>The tokens of a source; costs microseconds, reads nothing.</summary>
    public static TokenStream Open(SyntheticSource source)
    {
        Check(source);
        var zipf = new ZipfTable(source.Symbols, source.ZipfExponent);
        if (source.Order == 1 && 1 / zipf.FloorShare > SyntheticTokens.LongestMeanMemory)
        {
            throw new DataUnavailableException(string.Create(CultureInfo.InvariantCulture,
                $"data.synthetic: {source.Symbols} symbols with zipf_exponent {source.ZipfExponent} remember {1 / zipf.FloorShare:0} steps on average; up to {SyntheticTokens.LongestMeanMemory:0} can be drawn in useful time. Lower zipf_exponent or symbols."));
        }

        var train = new SyntheticTokens(source, zipf, EndlessTokens, RandomPurpose.SyntheticTrain);
        var validation = new SyntheticTokens(source, zipf, HeldOutTokens, RandomPurpose.SyntheticValidation);
        var description = string.Create(CultureInfo.InvariantCulture,
            $"synthetic source of order {source.Order} over {source.Symbols} symbols, Zipf exponent {source.ZipfExponent}: entropy rate {zipf.EntropyNats:0.0000} nats/token, without end");
        return new TokenStream(train, validation, new DataFacts(
            Hash(source, zipf, train, validation), train.Length, validation.Length, source.Symbols,
            BytesPerToken: null, zipf.EntropyNats, description));
    }

    private static void Check(SyntheticSource source)
    {
        if (source.Symbols is < 2 or > 65536)
        {
            throw new DataUnavailableException(string.Create(CultureInfo.InvariantCulture,
                $"data.synthetic.symbols: {source.Symbols}; allowed are 2 to 65536."));
        }

        if (source.Order is not (0 or 1))
        {
            throw new DataUnavailableException(string.Create(CultureInfo.InvariantCulture,
                $"data.synthetic.order: {source.Order}; allowed are 0 (independent symbols) and 1 (each depends on the one before)."));
        }

        if (!(source.ZipfExponent >= 0 && double.IsFinite(source.ZipfExponent)))
        {
            throw new DataUnavailableException(string.Create(CultureInfo.InvariantCulture,
                $"data.synthetic.zipf_exponent: {source.ZipfExponent}; allowed is 0 (uniform) or more."));
        }
    }

    private static string Hash(SyntheticSource source, ZipfTable zipf, params SyntheticTokens[] parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"{Version}\n{source.Symbols} {source.Order} {source.Seed}\n")));
        hash.AppendData(zipf.Fingerprint());
        var sample = new int[SampleTokens];
        foreach (var part in parts)
        {
            part.Read(0, sample);
            hash.AppendData(Encoding.UTF8.GetBytes(string.Join(' ', sample)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
