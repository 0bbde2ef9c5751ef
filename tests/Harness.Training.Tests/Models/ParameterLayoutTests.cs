using Harness.Core.Models;
using Harness.Training.Models;

namespace Harness.Training.Tests.Models;

public sealed class ParameterLayoutTests
{
    [Theory]
    [MemberData(nameof(Some.VariantNames), MemberType = typeof(Some))]
    public void Slots_add_up_to_the_closed_forms_role_by_role(string variant)
    {
        var model = Some.Variant(variant);
        var layout = ParameterLayout.Of(model);
        var counts = ParameterCounts.Of(model);
        long Sum(ParameterRole role) => layout.Slots.Where(s => s.Role == role).Sum(s => s.Length);
        Assert.Equal(
            [counts.TokenEmbedding, counts.PositionEmbedding, counts.Attention, counts.FeedForward, counts.Normalization, counts.Unembedding],
            new[] { Sum(ParameterRole.TokenEmbedding), Sum(ParameterRole.PositionEmbedding), Sum(ParameterRole.Attention), Sum(ParameterRole.FeedForward), Sum(ParameterRole.Normalization), Sum(ParameterRole.Unembedding) });
        Assert.Equal(counts.Total, layout.Slots.Sum(s => s.Length));
    }

    [Fact]
    public void Gpt2_small_has_124439808_weights_in_148_parameters()
    {
        // Radford et al. 2019's released checkpoint: 12 tensors a layer with query, key and value as one, 4 around them.
        var layout = ParameterLayout.Of(Some.Gpt2(12, 768, 12, 1024, 50257));
        Assert.Equal(148, layout.Slots.Count);
        Assert.Equal(124_439_808, layout.Slots.Sum(s => s.Length));
    }

    [Fact]
    public void Parameters_are_aligned_do_not_overlap_and_matrices_come_first()
    {
        var layout = ParameterLayout.Of(Some.Gpt2(dim: 10, vocabulary: 33));
        long end = 0;
        foreach (var slot in layout.Slots)
        {
            Assert.Equal(0, slot.Offset % ParameterLayout.Alignment);
            Assert.InRange(slot.Offset - end, 0, ParameterLayout.Alignment - 1);
            Assert.Equal(slot.Columns is not null, slot.Offset < layout.DecayedLength);
            end = slot.Offset + slot.Length;
        }

        Assert.InRange(layout.Length - end, 0, ParameterLayout.Alignment - 1);
        var groups = Enum.GetValues<ParameterGroup>().Select(layout.SliceOf).ToList();
        Assert.Equal(layout.Length, groups.Sum(g => g.Length));
        Assert.All(layout.Slots, s => Assert.InRange(s.Offset, groups[(int)s.Group].Start, groups[(int)s.Group].Start + groups[(int)s.Group].Length - 1));
    }

    [Fact]
    public void Initial_matrices_have_GPT2s_standard_deviations_at_its_width_and_one_over_fan_in_below()
    {
        Assert.Equal(0.02, ParameterLayout.Of(Some.Gpt2(dim: 768, heads: 12))["blocks.0.attention.qkv.weight"].InitialStd, 1e-15);
        var model = Some.Gpt2(layers: 8, dim: 192, heads: 4, context: 64, vocabulary: 256);
        var layout = ParameterLayout.Of(model);
        var flat = InitialWeights.Of(layout, 1);
        double Std(string name) => Math.Sqrt(flat.AsSpan((int)layout[name].Offset, (int)layout[name].Length).ToArray().Average(x => (double)x * x));
        Assert.Equal(0.04, Std("token_embedding.weight"), 4e-4);
        Assert.Equal(0.04, Std("blocks.3.attention.qkv.weight"), 4e-4);
        Assert.Equal(0.04 / 4, Std("blocks.3.attention.output.weight"), 2e-4); // 1 / sqrt(2 * 8)
        Assert.Equal(0.04 / 4, Std("blocks.7.feed_forward.output.weight"), 2e-4);
        Assert.Equal(1, Std("final_norm.gain"));
        Assert.Equal(0, Std("blocks.0.attention.qkv.bias"));
    }

    [Fact]
    public void Initial_weights_are_gaussian_and_their_first_values_never_change()
    {
        var slot = ParameterLayout.Of(Some.Gpt2(dim: 256, vocabulary: 256))["token_embedding.weight"] with { InitialStd = 0.02 };
        var values = new float[slot.Length];
        InitialWeights.Fill(slot, 1, values);
        double[] z = [.. values.Select(x => x / 0.02)];
        Assert.Equal(0, z.Average(), 0.02);
        Assert.Equal(0, z.Average(x => x * x * x), 0.05);
        Assert.Equal(3, z.Average(x => x * x * x * x), 0.1);
        Assert.Equal(0.0455, z.Count(x => Math.Abs(x) > 2) / (double)z.Length, 0.003);
        // From a Philox and Box-Muller written apart in Python, whose Philox has the published known answer for key and counter 0.
        Assert.Equal([-0.0033923409934257f, -0.032342209911858766f, -0.011120347109887081f, -0.002710285935033467f], values[..4], (a, b) => Math.Abs(a - b) < 1e-9f);
    }

    [Fact]
    public void A_deeper_model_starts_with_the_shallower_ones_embedding()
    {
        float[] Embedding(int layers)
        {
            var layout = ParameterLayout.Of(Some.Gpt2(layers));
            var slot = layout["token_embedding.weight"];
            return InitialWeights.Of(layout, 9).AsSpan((int)slot.Offset, (int)slot.Length).ToArray();
        }

        Assert.Equal(Embedding(1), Embedding(5));
    }

    [Fact]
    public void Maximal_update_changes_nothing_at_its_base_width_and_shrinks_hidden_matrices_above()
    {
        var standard = ParameterLayout.Of(Some.Gpt2());
        var same = ParameterLayout.Of(Some.Gpt2() with { MaximalUpdate = new MaximalUpdate(16) });
        Assert.Equal(standard.Slots, same.Slots);
        Assert.Equal(1, same.LearningRateScale(ParameterGroup.HiddenMatrix));

        var wide = ParameterLayout.Of(Some.Gpt2(dim: 64) with { MaximalUpdate = new MaximalUpdate(16) });
        Assert.Equal(0.25, wide.LearningRateScale(ParameterGroup.HiddenMatrix));
        Assert.Equal(1, wide.LearningRateScale(ParameterGroup.EdgeMatrix));
        Assert.Equal(standard["blocks.0.attention.qkv.weight"].InitialStd / 2, wide["blocks.0.attention.qkv.weight"].InitialStd, 1e-12);
        Assert.Equal(standard["token_embedding.weight"].InitialStd, wide["token_embedding.weight"].InitialStd, 1e-12);
    }
}
