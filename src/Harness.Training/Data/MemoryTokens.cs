namespace Harness.Training.Data;

/// <summary>Tokens in memory.</summary>
public sealed class MemoryTokens : TokenSequence
{
    private readonly ReadOnlyMemory<byte> _packed;
    private readonly int _width;

    /// <param name="packed">Little-endian tokens; not copied.</param>
    /// <param name="width">Bytes a token, 1, 2 or 4.</param>
    internal MemoryTokens(ReadOnlyMemory<byte> packed, int width) => (_packed, _width) = (packed, width);

    /// <inheritdoc/>
    public override long Length => _packed.Length / _width;

    /// <summary>A copy of the given ids.</summary>
    /// <param name="tokens">Ids, at least 0.</param>
    public static MemoryTokens Of(params ReadOnlySpan<int> tokens)
    {
        var packed = new byte[tokens.Length * sizeof(int)];
        TokenCode.Pack(tokens, sizeof(int), packed);
        return new MemoryTokens(packed, sizeof(int));
    }

    /// <inheritdoc/>
    protected override void ReadWithin(long offset, Span<int> tokens) =>
        TokenCode.Unpack(_packed.Span[(int)(offset * _width)..], _width, tokens);
}
