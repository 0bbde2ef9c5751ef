namespace Harness.Training.Data;

/// <summary>A piece of a sequence. Disposing it closes the whole.</summary>
/// <param name="whole">The sequence.</param>
/// <param name="start">Position of the piece's first token.</param>
/// <param name="length">Tokens in the piece; it ends within the whole.</param>
internal sealed class TokenSlice(TokenSequence whole, long start, long length) : TokenSequence
{
    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    protected override void ReadWithin(long offset, Span<int> tokens) => whole.Read(start + offset, tokens);

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
