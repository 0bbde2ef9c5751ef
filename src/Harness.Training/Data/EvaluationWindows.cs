using System.Globalization;
using Harness.Core.Data;

namespace Harness.Training.Data;

/// <summary>
/// The held-out windows of a measurement: the first so many tokens of the held-out part, in order, without overlap, always the same.
/// A window is context + 1 tokens, so that every predicted token counts once and the last window needs one token more.
/// </summary>
public sealed class EvaluationWindows
{
    /// <summary>The windows for a measurement.</summary>
    /// <param name="validationTokens">Held-out tokens there are.</param>
    /// <param name="contextLength">Tokens predicted a window, T, at least 1.</param>
    /// <param name="tokens">Tokens to predict a measurement, a multiple of the context length.</param>
    /// <exception cref="ArgumentException">The tokens are not a positive multiple of the context length.</exception>
    /// <exception cref="DataUnavailableException">There are too few held-out tokens; the message says how many there are.</exception>
    public EvaluationWindows(long validationTokens, int contextLength, long tokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(contextLength, 1);
        if (tokens < contextLength || tokens % contextLength != 0)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"{tokens} is not a multiple of the context length {contextLength}."), nameof(tokens));
        }

        if (tokens >= validationTokens)
        {
            throw new DataUnavailableException(string.Create(CultureInfo.InvariantCulture,
                $"evaluation.tokens: {tokens} asked for, but the held-out part has {validationTokens} tokens and one more than asked for is needed. Lower evaluation.tokens or raise data.validation_fraction."));
        }

        ContextLength = contextLength;
        Count = tokens / contextLength;
    }

    /// <summary>Tokens predicted a window, T.</summary>
    public int ContextLength { get; }

    /// <summary>Windows a measurement.</summary>
    public long Count { get; }

    /// <summary>Where a window begins in the held-out tokens; it holds <see cref="ContextLength"/> + 1 tokens from there.</summary>
    /// <param name="window">0-based, below <see cref="Count"/>.</param>
    public long OffsetOf(long window)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(window);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(window, Count);
        return window * ContextLength;
    }
}
