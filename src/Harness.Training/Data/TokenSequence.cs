namespace Harness.Training.Data;

/// <summary>
/// Tokens by position, wherever they lie: in memory, in shards on the disk or computed from their index. Safe to read from several threads.
/// </summary>
public abstract class TokenSequence : IDisposable
{
    /// <summary>Number of tokens.</summary>
    public abstract long Length { get; }

    /// <summary>Copies tokens from a position on.</summary>
    /// <param name="offset">Position of the first, from 0.</param>
    /// <param name="tokens">Filled completely; offset + its length must not pass <see cref="Length"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the sequence.</exception>
    /// <exception cref="Harness.Core.Data.DataUnavailableException">A shard on the disk shrank or can't be read any more.</exception>
    public void Read(long offset, Span<int> tokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - tokens.Length);
        ReadWithin(offset, tokens);
    }

    /// <summary>Copies tokens from a position on, as the 64-bit indices that embedding look-ups take.</summary>
    /// <inheritdoc cref="Read(long, Span{int})"/>
    public void Read(long offset, Span<long> tokens)
    {
        const int Piece = 512;
        Span<int> narrow = stackalloc int[Piece];
        for (var done = 0; done < tokens.Length; done += Piece)
        {
            var target = tokens[done..Math.Min(tokens.Length, done + Piece)];
            var piece = narrow[..target.Length];
            Read(offset + done, piece);
            for (var i = 0; i < piece.Length; i++)
            {
                target[i] = piece[i];
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Copies a range that was found to lie within the sequence.</summary>
    protected abstract void ReadWithin(long offset, Span<int> tokens);

    /// <summary>Closes files, where there are any.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
