using Harness.Core.Models;

namespace Harness.Core.Tests;

public sealed class CountingTests
{
    [Fact]
    public void Gpt2_small_has_its_published_parameter_count() =>
        Assert.Equal(124_439_808, ParameterCounts.Of(Some.Gpt2()).Total); // Radford et al. 2019's checkpoint, tied head

    [Fact]
    public void Llama_7B_has_its_published_parameter_count() =>
        Assert.Equal(6_738_415_616, ParameterCounts.Of(Some.Llama(32, 4096, 32, 2048, 32000, 11008)).Total); // Touvron et al. 2023

    [Fact]
    public void Non_embedding_parameters_approach_Kaplans_twelve_L_d_squared()
    {
        var counts = ParameterCounts.Of(Some.Gpt2(layers: 48, dim: 1600, heads: 25));
        Assert.Equal(12.0 * 48 * 1600 * 1600, counts.NonEmbedding, 0.001 * counts.NonEmbedding);
    }

    // Hoffmann et al. 2022 (2203.15556), table A4: ratio of the full count to 6ND for six models; N is the paper's, with its
    // relative-position weights. The printed ratios are those of the blocks alone: appendix F's embedding and logit terms, each 2 n_ctx n_vocab
    // d_model forward, would raise the last one from 0.99 to 1.03.
    [Theory]
    [InlineData(10, 640, 10, 73_825_280, 1.03)]
    [InlineData(20, 1024, 16, 305_707_008, 1.10)]
    [InlineData(24, 1280, 10, 552_604_160, 1.08)]
    [InlineData(26, 1792, 14, 1_143_453_696, 1.04)]
    [InlineData(28, 2048, 16, 1_593_126_912, 1.03)]
    [InlineData(40, 3584, 28, 6_796_274_688, 0.99)]
    public void Chinchillas_full_count_over_six_N_D_is_the_published_ratio(int layers, int dim, int heads, long n, double published)
    {
        var model = Some.Gpt2(layers, dim, heads, 2048, 32000);
        var embeddingAndLogits = 3 * (2.0 + 2.0) * model.VocabularySize * model.ModelDim;
        Assert.Equal(published, (FlopsPerToken.Of(model).Chinchilla - embeddingAndLogits) / (6.0 * n), 0.0051);
    }

    [Fact]
    public void Kaplans_attention_term_is_n_ctx_over_12_d_model_of_the_rest()
    {
        // 2001.08361, section 2.1: C_forward = 2N + 2 n_layer n_ctx d_attn, so the term over 2N is n_ctx / (12 d_model) with N = 12 L d^2.
        var model = Some.Gpt2(48, 1600, 25);
        var flops = FlopsPerToken.Of(model);
        Assert.Equal(1024.0 / (12 * 1600), flops.Kaplan / flops.SixN - 1, 1e-4);
    }

    [Fact]
    public void A_count_past_the_range_of_a_long_is_refused() =>
        Assert.Throws<OverflowException>(() => ParameterCounts.Of(Some.Gpt2(int.MaxValue, int.MaxValue - 1, 1)));
}
