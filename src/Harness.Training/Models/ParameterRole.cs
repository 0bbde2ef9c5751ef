namespace Harness.Training.Models;

/// <summary>What a parameter is for; the roles of <see cref="Harness.Core.Models.ParameterCounts"/>.</summary>
public enum ParameterRole
{
    /// <summary>One row a token.</summary>
    TokenEmbedding,

    /// <summary>One row a position.</summary>
    PositionEmbedding,

    /// <summary>Projections of an attention block.</summary>
    Attention,

    /// <summary>Projections of a feed-forward block.</summary>
    FeedForward,

    /// <summary>Gains and biases of norms.</summary>
    Normalization,

    /// <summary>The head's own matrix, where it isn't the token embedding.</summary>
    Unembedding,
}

/// <summary>How the optimiser treats a parameter. The flat tensor holds the groups in this order, so that each is one slice.</summary>
public enum ParameterGroup
{
    /// <summary>Matrices inside blocks: decayed; under muP their learning rate falls as 1/width.</summary>
    HiddenMatrix,

    /// <summary>Embeddings and an untied head: decayed; the full learning rate at every width.</summary>
    EdgeMatrix,

    /// <summary>Gains and biases: neither decayed nor rescaled.</summary>
    Vector,
}
