namespace Harness.Training.Data;

/// <summary>Several sequences, one after the other; a window may reach from one into the next.</summary>
internal sealed class JoinedTokens : TokenSequence
{
    private readonly TokenSequence[] _parts;
    private readonly long[] _starts;

    /// <param name="parts">In order; owned.</param>
    public JoinedTokens(params IReadOnlyList<TokenSequence> parts)
    {
        _parts = [.. parts];
        _starts = new long[_parts.Length];
        for (var i = 0; i < _parts.Length; i++)
        {
            _starts[i] = Length;
            Length += _parts[i].Length;
        }
    }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    protected override void ReadWithin(long offset, Span<int> tokens)
    {
        var found = Array.BinarySearch(_starts, offset);
        for (var part = found >= 0 ? found : ~found - 1; !tokens.IsEmpty; part++)
        {
            var within = offset - _starts[part];
            var count = (int)Math.Min(tokens.Length, _parts[part].Length - within);
            _parts[part].Read(within, tokens[..count]);
            tokens = tokens[count..];
            offset += count;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Array.ForEach(_parts, part => part.Dispose());
        }

        base.Dispose(disposing);
    }
}
