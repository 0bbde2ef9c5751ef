namespace Harness.Core.Models;

/// <summary>A named preset of parts. Every part can be overridden in a sweep; sizes are the user's.</summary>
/// <param name="Name">The name in YAML, <c>model.family</c>.</param>
/// <param name="Positions">How positions enter.</param>
/// <param name="Normalization">Which normalisation.</param>
/// <param name="Activation">Which non-linearity.</param>
/// <param name="Biases">Whether linear layers and LayerNorm have biases.</param>
/// <param name="TiedHead">Whether the head shares the embedding.</param>
public sealed record ModelFamily(
    string Name, PositionEncoding Positions, Normalization Normalization, Activation Activation, bool Biases, bool TiedHead)
{
    /// <summary>Kaplan's and Chinchilla's setting: learned positions, LayerNorm, GELU, biases, tied head.</summary>
    public static ModelFamily Gpt2 { get; } =
        new("gpt2", PositionEncoding.Learned, Normalization.LayerNorm, Activation.Gelu, Biases: true, TiedHead: true);

    /// <summary>Rotary positions, RMSNorm, SwiGLU, no biases, untied head (Touvron et al. 2023, arXiv 2302.13971).</summary>
    public static ModelFamily Llama { get; } =
        new("llama", PositionEncoding.Rotary, Normalization.RmsNorm, Activation.SwiGlu, Biases: false, TiedHead: false);

    /// <summary>Every preset, in the order in which messages list them.</summary>
    public static IReadOnlyList<ModelFamily> All { get; } = [Gpt2, Llama];

    /// <summary>The preset of that name, or null.</summary>
    public static ModelFamily? Find(string name) => All.FirstOrDefault(f => f.Name == name);

    /// <summary>A model of this family and these sizes, with the family's default width of the feed-forward block.</summary>
    /// <param name="layers">n_layer, blocks.</param>
    /// <param name="modelDim">d_model, units.</param>
    /// <param name="heads">n_head; divides <paramref name="modelDim"/>.</param>
    /// <param name="contextLength">Tokens a sequence.</param>
    /// <param name="vocabularySize">Distinct tokens.</param>
    public ModelSpec Model(int layers, int modelDim, int heads, int contextLength, int vocabularySize) => new()
    {
        Family = Name,
        LayerCount = layers,
        ModelDim = modelDim,
        HeadCount = heads,
        FeedForwardDim = DefaultFeedForwardDim(Activation, modelDim),
        ContextLength = contextLength,
        VocabularySize = vocabularySize,
        Positions = Positions,
        Normalization = Normalization,
        Activation = Activation,
        Biases = Biases,
        TiedHead = TiedHead,
    };

    /// <summary>
    /// d_ff where the user gives none: 4 d_model for two-matrix blocks; for SwiGLU 8/3 d_model, so that both have 8 d_model^2
    /// weights, rounded up to a multiple of 16 (vector width; Shazeer 2020, arXiv 2002.05202, section 2, for the 2/3).
    /// </summary>
    public static int DefaultFeedForwardDim(Activation activation, int modelDim) =>
        activation == Activation.SwiGlu ? checked((8 * modelDim / 3 + 15) / 16 * 16) : checked(4 * modelDim);
}
