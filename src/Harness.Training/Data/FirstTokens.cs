namespace Harness.Training.Data;

/// <summary>The first so many tokens of a sequence, which it owns.</summary>
/// <param name="whole">The sequence.</param>
/// <param name="length">Tokens kept, at most the whole's.</param>
internal sealed class FirstTokens(TokenSequence whole, long length) : TokenSequence
{
    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    protected override void ReadWithin(long offset, Span<int> tokens) => whole.Read(offset, tokens);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            whole.Dispose();
        }

        base.Dispose(disposing);
    }
}
