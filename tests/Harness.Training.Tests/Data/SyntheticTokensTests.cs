using Harness.Core.Data;
using Harness.Training.Data;

namespace Harness.Training.Tests.Data;

public sealed class SyntheticTokensTests
{
    private static readonly SyntheticSource s_chain = new(Symbols: 12, Order: 1, ZipfExponent: 1.2, Seed: 4);

    [Theory]
    [InlineData(2, 0)]
    [InlineData(256, 0)]
    [InlineData(256, 1)]
    [InlineData(50257, 1)]
    public void Uniform_sources_have_the_entropy_of_a_fair_die(int symbols, int order) =>
        Assert.Equal(Math.Log(symbols), Facts(new(symbols, order, 0, 1)).EntropyNatsPerToken!.Value, 6);

    [Fact]
    public void Entropy_is_that_of_the_zipf_law()
    {
        // H = ln Z + s sum(ln k / k^s) / Z, in a form that never touches the table.
        var z = Enumerable.Range(1, 100).Sum(k => Math.Pow(k, -1.5));
        var expected = Math.Log(z) + 1.5 * Enumerable.Range(1, 100).Sum(k => Math.Log(k) * Math.Pow(k, -1.5)) / z;
        Assert.Equal(expected, Facts(new(100, 1, 1.5, 7)).EntropyNatsPerToken!.Value, 9);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Half_a_million_tokens_show_the_stated_entropy(int order)
    {
        const int Count = 500_000;
        var source = s_chain with { Order = order };
        var tokens = Read(source, 0, Count);
        var pairs = new double[12, 12];
        var states = new double[12];
        for (var i = 1; i < Count; i++)
        {
            var previous = order == 0 ? 0 : tokens[i - 1];
            pairs[previous, tokens[i]]++;
            states[previous]++;
        }

        double entropy = 0;
        foreach (var previous in Enumerable.Range(0, 12).Where(s => states[s] > 0))
        {
            for (var next = 0; next < 12; next++)
            {
                entropy -= pairs[previous, next] == 0 ? 0 : pairs[previous, next] / (Count - 1) * Math.Log(pairs[previous, next] / states[previous]);
            }
        }

        // One token's surprise has a deviation below 1 nat here: 0.0015 for their mean; the estimate's bias is 132 / 1e6.
        Assert.InRange(entropy - Facts(source).EntropyNatsPerToken!.Value, -0.005, 0.005);
    }

    [Fact]
    public void Transitions_follow_zipf_in_every_row_and_marginals_the_chain_s_stationary_distribution()
    {
        const int Count = 1_000_000;
        var tokens = Read(s_chain, 0, Count);
        var transitions = new double[12, 12];
        var marginal = new double[12];
        for (var i = 1; i < Count; i++)
        {
            transitions[tokens[i - 1], tokens[i]]++;
            marginal[tokens[i - 1]] += 1.0 / (Count - 1);
        }

        var z = Enumerable.Range(1, 12).Sum(k => Math.Pow(k, -1.2));
        var exact = new double[12, 12];
        for (var row = 0; row < 12; row++)
        {
            var ranked = Enumerable.Range(0, 12).OrderByDescending(next => transitions[row, next]).ToArray();
            var total = ranked.Sum(next => transitions[row, next]);
            for (var rank = 0; rank < 12; rank++)
            {
                exact[row, ranked[rank]] = Math.Pow(rank + 1, -1.2) / z;
                Assert.InRange(transitions[row, ranked[rank]] / total - exact[row, ranked[rank]], -0.008, 0.008);
            }
        }

        var stationary = Enumerable.Repeat(1.0 / 12, 12).ToArray();
        for (var power = 0; power < 200; power++)
        {
            stationary = [.. Enumerable.Range(0, 12).Select(next => Enumerable.Range(0, 12).Sum(row => stationary[row] * exact[row, next]))];
        }

        Assert.All(stationary.Zip(marginal), p => Assert.Equal(p.First, p.Second, 0.005));
        Assert.True(stationary.Max() > 1.3 / 12, "the chain's distribution is far from uniform, else this test shows little");
    }

    [Fact]
    public void Rows_of_a_chain_rank_symbols_differently()
    {
        var tokens = Read(s_chain, 0, 100_000);
        var favourites = tokens.Zip(tokens.Skip(1)).GroupBy(p => p.First)
            .Select(g => g.GroupBy(p => p.Second).MaxBy(h => h.Count())!.Key);
        Assert.True(favourites.Distinct().Count() > 4);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1.2)]
    [InlineData(1, 2.5)]
    public void Any_window_is_a_piece_of_the_same_sequence(int order, double exponent)
    {
        var source = new SyntheticSource(40, order, exponent, 11);
        var whole = Read(source, 0, 5000);
        foreach (var (offset, length) in new[] { (0, 1), (1, 100), (777, 513), (4999, 1), (2048, 2049) })
        {
            Assert.Equal(whole[offset..(offset + length)], Read(source, offset, length));
        }
    }

    [Fact]
    public void Held_out_tokens_are_other_draws_of_the_same_source()
    {
        using var stream = new DataCatalog().Open(Spec(s_chain));
        var (train, heldOut) = (new int[100_000], new int[100_000]);
        stream.Train.Read(0, train);
        stream.Validation.Read(0, heldOut);
        var same = train.Zip(heldOut).Count(p => p.First == p.Second) / 100_000.0;
        var byChance = train.GroupBy(t => t).Sum(g => Math.Pow(g.Count() / 100_000.0, 2));
        Assert.Equal(byChance, same, 0.01);
        Assert.Equal(train.CountBy(t => t).MaxBy(p => p.Value).Key, heldOut.CountBy(t => t).MaxBy(p => p.Value).Key);
    }

    [Fact]
    public void Hash_and_first_tokens_of_a_source_stay_what_they_are()
    {
        Assert.Equal([3, 4, 11, 3, 1], Read(s_chain, 0, 5));
        Assert.Equal("21ba2892483a2ef4", Facts(s_chain).ContentHash[..16]);
        Assert.NotEqual(Facts(s_chain).ContentHash, Facts(s_chain with { Seed = 5 }).ContentHash);
    }

    [Theory]
    [InlineData(1, 0, 1.0, "data.synthetic.symbols: 1; allowed are 2 to 65536.")]
    [InlineData(8, 2, 1.0, "data.synthetic.order: 2; allowed are 0 (independent symbols) and 1 (each depends on the one before).")]
    [InlineData(8, 1, -1.0, "data.synthetic.zipf_exponent: -1; allowed is 0 (uniform) or more.")]
    [InlineData(65536, 1, 3.0, "data.synthetic: 65536 symbols with zipf_exponent 3 remember 16777216 steps on average; up to 1000000 can be drawn in useful time. Lower zipf_exponent or symbols.")]
    public void Impossible_sources_are_refused(int symbols, int order, double exponent, string message) =>
        Assert.Equal(message, Assert.Throws<DataUnavailableException>(() => Facts(new(symbols, order, exponent, 1))).Message);

    private static DataSpec Spec(SyntheticSource source) => new()
    {
        Source = DataSource.Synthetic,
        Tokenizer = Tokenizer.Bytes,
        ValidationFraction = 0.1,
        Synthetic = source,
    };

    private static DataFacts Facts(SyntheticSource source) => new DataCatalog().Describe(Spec(source));

    private static int[] Read(SyntheticSource source, long offset, int count)
    {
        using var stream = new DataCatalog().Open(Spec(source));
        var tokens = new int[count];
        stream.Train.Read(offset, tokens);
        return tokens;
    }
}
