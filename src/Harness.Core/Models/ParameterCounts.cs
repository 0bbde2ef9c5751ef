namespace Harness.Core.Models;

/// <summary>Trainable parameters by role, from closed forms; the training room's tests hold them against the tensors.</summary>
/// <param name="TokenEmbedding">n_vocab * d_model.</param>
/// <param name="PositionEmbedding">n_ctx * d_model with learned positions, else 0.</param>
/// <param name="Attention">Query, key, value and output projections of all layers, with biases where the model has them.</param>
/// <param name="FeedForward">The feed-forward blocks of all layers, with biases where the model has them.</param>
/// <param name="Normalization">Gains and biases of all norms, the last one included.</param>
/// <param name="Unembedding">n_vocab * d_model of an untied head, else 0 (a tied head has no weights of its own).</param>
public sealed record ParameterCounts(
    long TokenEmbedding, long PositionEmbedding, long Attention, long FeedForward, long Normalization, long Unembedding)
{
    /// <summary>Kaplan's N (2001.08361, section 2.1): no token or position embedding, no head. Biases and norms are counted.</summary>
    public long NonEmbedding => checked(Attention + FeedForward + Normalization);

    /// <summary>Everything that is trained; Hoffmann's N (2203.15556).</summary>
    public long Total => checked(TokenEmbedding + PositionEmbedding + NonEmbedding + Unembedding);

    /// <summary>Parameters that take part in one token's forward pass; equal to <see cref="Total"/> for a dense model.</summary>
    public long Active => Total;

    /// <summary>Counts for a model. Throws <see cref="OverflowException"/> past 2^63.</summary>
    public static ParameterCounts Of(ModelSpec m)
    {
        ArgumentNullException.ThrowIfNull(m);
        checked
        {
            long d = m.ModelDim, f = m.FeedForwardDim, layers = m.LayerCount;
            var matrices = m.Activation == Activation.SwiGlu ? 3 : 2;
            var attention = 4 * d * d + (m.Biases ? 4 * d : 0);
            var hiddenBiases = m.Activation == Activation.SwiGlu ? 2 * f : f;
            var feedForward = matrices * d * f + (m.Biases ? hiddenBiases + d : 0);
            var norm = m.Normalization == Models.Normalization.LayerNorm && m.Biases ? 2 * d : d;
            return new ParameterCounts(
                TokenEmbedding: m.VocabularySize * d,
                PositionEmbedding: m.Positions == PositionEncoding.Learned ? m.ContextLength * d : 0,
                Attention: layers * attention,
                FeedForward: layers * feedForward,
                Normalization: (2 * layers + 1) * norm,
                Unembedding: m.TiedHead ? 0 : m.VocabularySize * d);
        }
    }
}
