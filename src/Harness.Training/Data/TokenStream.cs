using Harness.Core.Data;

namespace Harness.Training.Data;

/// <summary>A corpus ready to train on: what is trained on, what is held out, and the facts about both. Opened by <see cref="DataCatalog"/>.</summary>
/// <param name="Train">Tokens to train on.</param>
/// <param name="Validation">Tokens held out; none of them is trained on.</param>
/// <param name="Facts">Hash, sizes, vocabulary, bytes a token.</param>
public sealed record TokenStream(TokenSequence Train, TokenSequence Validation, DataFacts Facts) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Train.Dispose();
        Validation.Dispose();
    }
}
