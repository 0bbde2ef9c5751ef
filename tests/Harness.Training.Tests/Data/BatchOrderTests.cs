using Harness.Core.Data;
using Harness.Training.Data;
using Harness.Training.Data.Randomness;

namespace Harness.Training.Tests.Data;

public sealed class BatchOrderTests
{
    [Theory]
    [InlineData(17, 16, 1)]
    [InlineData(31, 16, 3)]
    [InlineData(32, 16, 3)]
    [InlineData(1000, 7, 5)]
    [InlineData(65_537, 16, 12)]
    [InlineData(5000, 1, 3)]
    public void Each_window_comes_exactly_once_an_epoch_and_lies_within_the_tokens(int tokens, int context, int rows)
    {
        var order = new BatchOrder(tokens, context, rows, seed: 5);
        foreach (var epoch in Walk(order).Take((int)(3 * order.WindowsPerEpoch)).Chunk((int)order.WindowsPerEpoch))
        {
            Assert.All(epoch, offset => Assert.InRange(offset, 0, tokens - context - 1));
            var sorted = epoch.Order().ToArray();
            Assert.InRange(sorted[0], 0, context - 1);
            Assert.Equal(Enumerable.Range(0, sorted.Length).Select(i => sorted[0] + (long)i * context), sorted);
        }
    }

    [Fact]
    public void An_epoch_leaves_out_fewer_than_two_contexts_of_tokens()
    {
        for (var tokens = 17; tokens < 200; tokens++)
        {
            Assert.InRange(tokens - new BatchOrder(tokens, 16, 1, 0).WindowsPerEpoch * 16, 1, 2 * 16 - 1);
        }
    }

    [Fact]
    public void Epochs_differ_in_order_and_in_phase()
    {
        var order = new BatchOrder(100_000, 100, 1, seed: 3);
        var epochs = Walk(order).Take((int)(8 * order.WindowsPerEpoch)).Chunk((int)order.WindowsPerEpoch).ToArray();
        Assert.True(epochs.Select(e => e.Min()).Distinct().Count() >= 6);
        var windows = epochs.Select(e => e.Select(o => o / 100).ToArray()).ToArray();
        for (var later = 1; later < windows.Length; later++)
        {
            // Two unrelated orders of 999 windows agree in one place on average.
            Assert.InRange(windows[0].Zip(windows[later]).Count(p => p.First == p.Second), 0, 8);
        }
    }

    [Fact]
    public void Jumping_to_a_step_gives_what_walking_there_gives_for_every_split_into_rows()
    {
        var whole = new BatchOrder(10_000, 10, 12, seed: 9);
        var single = new BatchOrder(10_000, 10, 1, seed: 9);
        var walked = Walk(single).Take(12 * 300).ToArray();
        foreach (var step in new[] { 299, 0, 83, 150 })
        {
            Assert.Equal(walked.Skip(step * 12).Take(12), Enumerable.Range(0, 12).Select(row => whole.OffsetOf(step, row)));
        }
    }

    [Fact]
    public void Seeds_give_different_orders()
    {
        var first = Walk(new BatchOrder(100_000, 100, 1, 1)).Take(500);
        var second = Walk(new BatchOrder(100_000, 100, 1, 2)).Take(500);
        Assert.InRange(first.Zip(second).Count(p => p.First / 100 == p.Second / 100), 0, 8);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(30)]
    [InlineData(257)]
    public void Every_window_is_equally_likely_at_every_place(int count)
    {
        const int Trials = 4000;
        foreach (var place in new[] { 0, count / 2, count - 1 })
        {
            var hits = new int[count];
            for (ulong trial = 0; trial < Trials; trial++)
            {
                hits[new KeyedPermutation(count, Philox.At(trial, 0, RandomPurpose.EpochOrder).Low)[place]]++;
            }

            // Chi-square with count - 1 degrees of freedom: mean count - 1, deviation sqrt(2 (count - 1)); 5 deviations.
            var expected = Trials / (double)count;
            var chiSquare = hits.Sum(h => (h - expected) * (h - expected) / expected);
            Assert.InRange(chiSquare, 0, count - 1 + 5 * Math.Sqrt(2.0 * (count - 1)) + 5);
        }
    }

    [Fact]
    public void Neighbouring_places_are_unrelated()
    {
        // The correlation of consecutive values over 100 000 places has deviation 0.003; a counter or a linear map has one near 1.
        const int Count = 100_000;
        var permutation = new KeyedPermutation(Count, 12345);
        double sum = 0;
        for (var place = 0; place + 1 < Count; place++)
        {
            sum += (permutation[place] / (double)Count - 0.5) * (permutation[place + 1] / (double)Count - 0.5) * 12;
        }

        Assert.InRange(sum / Count, -0.016, 0.016);
    }

    [Fact]
    public void The_first_windows_stay_what_they_are()
    {
        // Golden: a change here changes every run, so RunId.TrainingSemantics must be raised with it.
        var order = new BatchOrder(1_000_000, 128, 4, seed: 1);
        Assert.Equal([344902L, 342982, 911302, 178758, 372806, 935622], Walk(order).Take(6));
    }

    [Fact]
    public void Too_few_tokens_for_one_window_are_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchOrder(16, 16, 1, 0));

    [Fact]
    public void Evaluation_windows_are_the_first_tokens_in_order()
    {
        var windows = new EvaluationWindows(validationTokens: 65, contextLength: 16, tokens: 64);
        Assert.Equal([0L, 16, 32, 48], Enumerable.Range(0, (int)windows.Count).Select(i => windows.OffsetOf(i)));
    }

    [Fact]
    public void More_evaluation_tokens_than_are_held_out_are_refused()
    {
        var error = Assert.Throws<DataUnavailableException>(() => new EvaluationWindows(64, 16, 64));
        Assert.Equal("evaluation.tokens: 64 asked for, but the held-out part has 64 tokens and one more than asked for is needed. Lower evaluation.tokens or raise data.validation_fraction.", error.Message);
        Assert.Throws<ArgumentException>(() => new EvaluationWindows(64, 16, 24));
    }

    private static IEnumerable<long> Walk(BatchOrder order)
    {
        for (long step = 0; ; step++)
        {
            for (var row = 0; row < order.Rows; row++)
            {
                yield return order.OffsetOf(step, row);
            }
        }
    }
}
