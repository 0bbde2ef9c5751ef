namespace Harness.Core.Models;

/// <summary>
/// Training FLOPs (forward and backward, one multiply-add = 2) a token under the conventions of the literature, which differ by
/// up to a factor of two for small models and move fitted exponents. A run records all of them.
/// </summary>
/// <param name="SixN">6 N with N non-embedding: Kaplan's C = 6ND (2001.08361, eq. 2.2 without attention).</param>
/// <param name="SixNTotal">6 N with N total: Hoffmann's approximation (2203.15556, section 3.3).</param>
/// <param name="Kaplan">3 (2 N + 2 n_layer n_ctx d_model): with the context-dependent attention term (2001.08361, table 1).</param>
/// <param name="Chinchilla">The full count with embeddings, logits and softmax (2203.15556, appendix F), divided by n_ctx.</param>
public sealed record FlopsPerToken(double SixN, double SixNTotal, double Kaplan, double Chinchilla)
{
    /// <summary>FLOPs a trained token of a model.</summary>
    public static FlopsPerToken Of(ModelSpec model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var counts = ParameterCounts.Of(model);
        double attentionTerm = 6.0 * model.LayerCount * model.ContextLength * model.ModelDim;
        return new FlopsPerToken(
            SixN: 6.0 * counts.NonEmbedding,
            SixNTotal: 6.0 * counts.Total,
            Kaplan: 6.0 * counts.NonEmbedding + attentionTerm,
            Chinchilla: ChinchillaPerSequence(model) / model.ContextLength);
    }

    /// <summary>Total for a number of training tokens, under each convention.</summary>
    public TrainingFlops For(long tokens) => new(SixN * tokens, SixNTotal * tokens, Kaplan * tokens, Chinchilla * tokens);

    /// <summary>Appendix F of 2203.15556, forward plus twice that for the backward pass; SwiGLU has a third dense matrix.</summary>
    private static double ChinchillaPerSequence(ModelSpec m)
    {
        double t = m.ContextLength, d = m.ModelDim, v = m.VocabularySize, h = m.HeadCount, f = m.FeedForwardDim;
        var embeddings = 2 * t * v * d;
        var attention = 2 * 3 * t * d * d + 2 * t * t * d + 3 * h * t * t + 2 * t * t * d + 2 * t * d * d;
        var dense = 2 * t * (m.Activation == Activation.SwiGlu ? 3 : 2) * d * f;
        var logits = 2 * t * d * v;
        return 3 * (embeddings + m.LayerCount * (attention + dense) + logits);
    }
}

/// <summary>Training compute of a whole run under each convention of <see cref="FlopsPerToken"/>, in FLOPs.</summary>
/// <param name="SixND">6 N D, N non-embedding; the column <c>train_flops</c>.</param>
/// <param name="SixNTotalD">6 N D, N total; the column <c>train_flops_total</c>.</param>
/// <param name="Kaplan">With attention; the column <c>train_flops_kaplan</c>.</param>
/// <param name="Chinchilla">Full count; the column <c>train_flops_chinchilla</c>.</param>
public sealed record TrainingFlops(double SixND, double SixNTotalD, double Kaplan, double Chinchilla);
